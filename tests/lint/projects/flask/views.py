from models import ChatSession, ChatSessionNote


def found(id):
    ChatSessionNote.query.filter_by(created_at=1).order_by(ChatSessionNote.created_at)
    ChatSession.query.filter_by(created_at=1).order_by(ChatSession.created_at)  # TSC303: 33, 68
    return ChatSession.query.get_or_404(id).created_at  # TSC306: 45
