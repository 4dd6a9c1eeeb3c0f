class Task:
    def __init__(self, created_at):
        self.created_at = created_at  # TSC306: 14


class Owner:
    def __init__(self, created_at):
        self.created_at = created_at
