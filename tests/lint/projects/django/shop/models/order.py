from django.db import models


class Stamped(models.Model):
    created_at = models.DateTimeField()  # TSC304: 5

    class Meta:
        abstract = True


class OrderQuerySet(models.QuerySet):
    def recent(self):
        return self.filter(created_at__gt=1)  # TSC303: 28


class Order(Stamped):
    objects = OrderQuerySet.as_manager()
    active = models.Manager()
    title = models.TextField()


class Refund(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["created_at"]


class Recent(Order):
    class Meta:
        proxy = True


class Note(Stamped):
    class Meta:
        db_table = "notes"


class Line(Order):
    class Meta:
        proxy = True
        ordering = ["-created_at"]  # TSC303: 23
        get_latest_by = "created_at"  # TSC303: 26
        indexes = [models.Index(fields=["created_at"])]  # TSC303: 42
