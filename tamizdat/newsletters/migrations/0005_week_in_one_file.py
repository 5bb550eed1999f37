from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("newsletters", "0004_any_day_of_the_month"),
    ]

    operations = [
        migrations.AddField(
            model_name="newsletter",
            name="week_file",
            field=models.CharField(
                blank=True,
                choices=[("", "No"), ("link", "A link to it"), ("attached", "It lies with the mail")],
                default="",
                help_text="For full-text readers: the stories of the last seven days in a file to "
                "keep and pass on, which needs no network. With the mail it makes each up to 4 MB "
                "heavier, and lies on the reader's device.",
                max_length=8,
                verbose_name="the week in one file",
            ),
        ),
    ]
