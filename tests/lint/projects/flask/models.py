from extensions import db


class ChatSession(db.Model):
    id = db.Column(db.Integer, primary_key=True)
    created_at = db.Column(db.DateTime)  # TSC304: 5


class ChatSessionNote(db.Model):
    created_at = db.Column(db.DateTime)
