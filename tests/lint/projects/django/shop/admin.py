from django.contrib import admin
from rest_framework import serializers, viewsets
from shop.models import Order, Refund


@admin.register(Order)
class OrderAdmin(admin.ModelAdmin):
    list_display = ("title", "created_at")  # TSC303: 31
    date_hierarchy = "created_at"  # TSC303: 23
    search_fields = ["title"]


@admin.register(Refund)
class RefundAdmin(admin.ModelAdmin):
    list_display = ("title", "created_at")


class OrderSerializer(serializers.ModelSerializer):
    class Meta:
        model = Order
        fields = ["title", "created_at"]  # TSC303: 29
        labels = {"created_at": "made"}  # TSC303: 20


class OrderView(viewsets.ModelViewSet):
    queryset = Order.objects.all()
    ordering = "-created_at"  # TSC303: 18


class OtherAdmin(admin.ModelAdmin):
    list_display = ["created_at"]  # unjudged: 22


admin.site.register(Order, OtherAdmin)
