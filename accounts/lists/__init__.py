"""Letting in many people at once: a table is filled in, judged row by row, signed, and issued.

`table` is the form and how it is read, `judging` what is wrong with a row, `deeds` what the office
does with a list. Each row becomes an enrolment like those of the wizard.
"""
