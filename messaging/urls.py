"""Addresses of the room."""

from django.urls import path

from messaging import views

app_name = "messaging"

_room = "contracts/<int:contract>/messages/"

urlpatterns = [
    path("messages/", views.MessageListView.as_view(), name="message-list"),
    path(_room, views.ContractMessageListView.as_view(), name="contract-message-list"),
    path(f"{_room}new/", views.MessageNewView.as_view(), name="message-new"),
    path(f"{_room}<str:number>/", views.MessageView.as_view(), name="message"),
    path(f"{_room}<str:number>/add/", views.MessageAddView.as_view(), name="message-add"),
    path(f"{_room}<str:number>/close/", views.MessageCloseView.as_view(), name="message-close"),
    path(
        f"{_room}<str:number>/files/<int:attachment>/",
        views.AttachmentFileView.as_view(),
        name="attachment-file",
    ),
]
