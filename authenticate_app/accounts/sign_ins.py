"""Ending what somebody's sign-ins gave: sessions at pages, codes and tokens, of all browsers and applications.

All of them bear the stamp that their user had (``User.sign_in_stamp``), and count no more once it is another one.
"""

from django.contrib.auth import update_session_auth_hash
from django.http import HttpRequest

from authenticate_app.accounts.models import User, new_sign_in_stamp


def end_sign_ins(user: User) -> None:
    """End every sign-in of ``user``; one statement. (The database itself does so when a user is disabled.)"""
    user.sign_in_stamp = new_sign_in_stamp()
    user.save(update_fields=["sign_in_stamp"])


def keep_this_session(request: HttpRequest, user: User) -> None:
    """Let the session of ``request`` go on after the sign-ins of ``user``, whose it is, have ended."""
    update_session_auth_hash(request, user)
