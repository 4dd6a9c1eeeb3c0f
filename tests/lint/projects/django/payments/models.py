from django.db import models
from shop.models import Stamped


class Bill(Stamped):
    paid = models.BooleanField()


class Payment(Stamped):
    bill = models.ForeignKey("Bill", on_delete=models.CASCADE)
