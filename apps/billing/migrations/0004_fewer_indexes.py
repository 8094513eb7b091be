from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('billing', '0003_plans'),
    ]

    operations = [
        migrations.AlterField(model_name='budgethold', name='budget_id', field=models.UUIDField()),
    ]
