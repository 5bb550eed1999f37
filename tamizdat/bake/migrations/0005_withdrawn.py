from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('bake', '0004_one_index_fewer'),
    ]

    operations = [
        migrations.CreateModel(
            name='Withdrawn',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('story', models.UUIDField()),
                ('language', models.CharField(max_length=12)),
                ('day', models.DateField()),
            ],
        ),
    ]
