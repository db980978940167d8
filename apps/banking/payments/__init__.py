"""Payments as banks read and answer them: pain.001 out, pain.002 in. Pure: no database, no clock."""
