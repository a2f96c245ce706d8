from django.urls import path

from app import views

urlpatterns = [path("scans/<int:pk>/", views.show), path("mine/<int:pk>/", views.mine)]
