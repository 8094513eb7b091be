from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("knowledge", "0003_segment_metadata")]

    operations = [
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["dataset", "position"], name="knowledge_document_position"),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(fields=["dataset", "batch"], name="knowledge_document_batch"),
        ),
        # Each of the others finds a base's documents as well.
        migrations.AlterField(
            model_name="document",
            name="dataset",
            field=models.ForeignKey(
                db_index=False, on_delete=models.CASCADE, related_name="documents", to="knowledge.dataset"
            ),
        ),
    ]
