from django.db.models import F, Max, Q
from django.db.models.functions import TruncDay
from django.shortcuts import get_object_or_404
from library.things import Book
from payments.models import Bill, Payment

from shop.models import Note, Order, Refund
from shop.models.order import Recent


def silent(request):
    Refund.objects.filter(created_at__gt=1).order_by("-created_at")
    Payment.objects.filter(created_at__gt=1).aggregate(Max("created_at"))
    Refund.objects.filter(Q(created_at__gt=1) | Q(created_at=F("created_at")))
    for refund in Refund.objects.all():
        print(refund.created_at)


def queries(xs):
    Order.objects.filter(created_at__gt=1)  # TSC303: 26
    orders = Order.objects.all()
    orders = orders.filter(created_at__gt=1)  # TSC303: 28
    orders.exclude(created_at__year=2024)  # TSC303: 20
    Order.active.filter(created_at=1)  # TSC303: 25
    Order.objects.filter(Q(created_at__gt=1) | ~Q(title="x"))  # TSC303: 28
    Order.objects.filter(title=F("created_at"))  # TSC303: 35
    Order.objects.aggregate(last=Max("created_at"))  # TSC303: 39
    Order.objects.annotate(day=TruncDay("created_at"))  # TSC303: 42
    Order.objects.order_by("-created_at", "title")  # TSC303: 30
    Order.objects.dates("created_at", "day")  # TSC303: 26
    Order.objects.only("created_at").values_list("created_at")  # TSC303: 25, 51
    Order.objects.latest("created_at")  # TSC303: 27
    Order.objects.bulk_update(xs, ["created_at", "title"])  # TSC303: 37
    Order.objects.get_or_create(title="x", defaults={"created_at": 1})  # TSC303: 55
    Refund.objects.filter(order__created_at__gt=1)  # TSC303: 34
    Refund.objects.order_by("-order__created_at")  # TSC303: 38
    Note.objects.filter(created_at=1)  # TSC303: 25
    Bill.objects.filter(created_at=1)  # TSC303: 25
    Book.objects.filter(written=1)  # TSC303: 25
    Recent.objects.filter(created_at=1)  # TSC303: 27
    values = {"created_at": 1}  # TSC303: 16
    Order.objects.create(**values)


def objects(id, refund: Refund):
    order = get_object_or_404(Order, pk=id)
    order.save(update_fields=["created_at"])  # TSC303: 32
    order, created = Order.objects.get_or_create(pk=id)
    print(order.created_at, refund.order.created_at, created)  # TSC306: 17, 42
    return [o.created_at for o in Order.objects.filter(pk=id)]  # TSC306: 15
