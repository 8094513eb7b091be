"""The functions of a turn are planned once, and look up by key.

Left to itself Postgres plans their joins anew in every call, as it takes their arrays for longer than they are: that is two
thirds of what a hold costs. And as the table of holds is all but empty, it would plan to read the whole of it, with what
was deleted since the last vacuum.
"""

from django.db import migrations

SIGNATURES = (
    "billing_hold(uuid, uuid[], uuid[], numeric, boolean)",
    "billing_settle(uuid, numeric)",
    "billing_spend(uuid, uuid, numeric)",
)
SETTINGS = ("plan_cache_mode = force_generic_plan", "enable_seqscan = off")


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0002_holds'),
    ]

    operations = [
        migrations.RunSQL(f"alter function {one} set {setting}", f"alter function {one} reset {setting.split()[0]}")
        for one in SIGNATURES
        for setting in SETTINGS
    ]
