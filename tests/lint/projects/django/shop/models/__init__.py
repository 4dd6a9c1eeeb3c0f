from .order import Note, Order, Refund, Stamped

__all__ = ["Note", "Order", "Refund", "Stamped"]
