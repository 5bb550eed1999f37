from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('newsletters', '0006_for_supporters'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='kind',
            field=models.CharField(choices=[('late', 'Its time has passed'), ('empty', 'Nothing is left to read in it'), ('broken', 'It cannot be made into mail'), ('held', 'It is no longer approved'), ('changed', 'It is another than was confirmed'), ('dropped', 'It went without a story')], max_length=8),
        ),
    ]
