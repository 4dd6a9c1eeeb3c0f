PREFIX = "ta"
