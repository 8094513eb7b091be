from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0002_parents_sources_and_metadata")]

    operations = [
        migrations.AddField(
            model_name="segment",
            name="metadata",
            field=models.JSONField(help_text="what the source says of this passage alone", null=True),
        ),
    ]
