"""The second factor: a code from an app on a person's phone, beside the password.

Staff must have one, clients may. `rules` says who and when, `codes` which code is right,
`sealing` how secrets are kept; the rows are django-allauth's (`allauth.mfa`).
"""
