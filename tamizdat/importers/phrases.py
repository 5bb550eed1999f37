"""What page furniture says, in the languages of the newsrooms we know.

Three tables of regular expressions, each by the class of furniture it gives away:
- `WHOLE`: the line is nothing but this ("Subscribe", "Close", "Remind me later");
- `OPENS`: the line begins so, and what follows it belongs to the same box;
- `WITHIN`: an expression that adds suspicion wherever it stands in a sentence.

Patterns are matched case-insensitively against text whose apostrophes are straight and whose
spaces are single. Add to a class rather than for a page.
"""

WHOLE: dict[str, tuple[str, ...]] = {
    "controls": (
        r"[×✕✖xх]|close|dismiss|menu|search|skip to (?:main )?content|back to top|top|next",
        r"previous",
        r"prev|load(?:ing)?(?: more)?|more|show more|see all|view all|print|e-?mail|copy(?: link)?",
        r"listen(?: to (?:this )?(?:article|story))?|play|pause|watch|home|edit|reply|like|submit",
        r"(?:more )?options|ok|continue(?: reading)?|got it|learn more|find out more|go back",
        r"закрыть|меню|поиск|наверх|печать|далее|ещ[её]|загрузить ещ[её]|показать ещ[её]|назад",
        r"слушать|на главную|главная|продолжить|подробнее|понятно|ответить",
        r"закрити|меню|пошук|далі|ще|на головну|головна|надрукувати|докладніше|закрыць|пошук",
        r"بستن|منو|جستجو|جستجو کنید|بعدی|قبلی|چاپ|ادامه|بیشتر|خانه|صفحه اصلی|بازگشت به بالا|پخش",
        r"إغلاق|القائمة|بحث|التالي|السابق|طباعة|المزيد|الرئيسية|متابعة",
    ),
    "giving": (
        r"once|one[- ]time|monthly|annual(?:ly)?|yearly|(?:our |accepted )?payment methods?",
        r"other amount|donate(?: now)?",
        r"give(?: now)?|contribute|support us|become a (?:member|supporter|patron)|remind me later",
        r"support|[$€£₽]\s?\d+(?:[.,]\d+)?|\d+\s?[$€£₽]|not ready to support today\??|join us",
        r"разово|один раз|ежемесячно|ежегодно|раз в (?:месяц|год)|поддержать(?: нас)?|пожертвовать",
        r"напомнить позже|способы оплаты|другая сумма|стать (?:другом|участником|патроном)",
        r"разово|щомісяця|щороку|підтримати(?: нас)?|нагадати пізніше|падтрымаць(?: нас)?",
        r"یک ?بار|ماهانه|سالانه|حمایت(?: از ما)?|کمک مالی|بعدا یادآوری کن|روش‌های پرداخت",
        r"مرة واحدة|شهريا|سنويا|ادعمنا|تبرع(?: الآن)?|ذكرني لاحقا",
    ),
    "newsletter": (
        r"subscribe(?: now| here)?|sign ?up(?: now| here| for free)?|your e-?mail(?: address)?",
        r"preview",
        r"(?:the )?newsletters?|join|enter your e-?mail(?: address)?|unsubscribe",
        r"подписаться|подписка|рассылк[аи]|ваш e-?mail|ваша почта|підписатися|розсилка|падпісацца",
        r"عضویت|عضو شوید|خبرنامه|ایمیل شما|اشتراک|اشترك|النشرة البريدية|البريد الإلكتروني",
    ),
    "account": (
        r"log ?in|sign ?in|register|log ?out|my account|create (?:an )?account",
        r"forgot(?:ten)? password\??",
        r"войти|вход|регистрация|личный кабинет|выйти|увійти|реєстрація|увайсці",
        r"ورود|ثبت ?نام|خروج|تسجيل الدخول|تسجيل",
    ),
    "share": (
        r"(?:share(?: on| via| to)? ?)?(?:facebook|twitter|x|telegram|whatsapp|linkedin|reddit|vk"
        r"|viber"
        r"|email|threads|bluesky|mastodon|instagram|youtube|pocket|messenger|link)(?: channel)?",
        r"share|tweet|pin|save|bookmark|copy link|follow us|share this(?: article| story)?",
        r"поделиться|вконтакте|телеграм|одноклассники|скопировать ссылку|твитнуть|сохранить",
        r"поділитися|скопіювати посилання|фейсбук|падзяліцца",
        r"اشتراک ?گذاری|هم‌رسانی|تلگرام|واتس ?‌?اپ|توییتر|فیس ?‌?بوک|اینستاگرام|کپی لینک|مشاركة",
        r"شارك",
    ),
    "legal": (
        r"(?:privacy|cookie)(?: policy| notice| settings)?|terms(?: of (?:use|service))?|imprint",
        r"contacts?",
        r"contact us|about(?: us)?|advertise(?: with us)?|accessibility|sitemap",
        r"all rights reserved|faq",
        r"advertisement|advertising|sponsored(?: content)?|promoted|ads? by .{1,20}",
        r"accept(?: all)?",
        r"(?:accept|reject|allow|manage) (?:all )?(?:cookies|choices|preferences)|reject(?: all)?",
        r"реклама|контакты|о нас|о проекте|\d\d ?\+|все права защищены|принять(?: все)?|отказаться",
        r"реклама|контакти|про нас|усі права захищено|прийняти|رأی|تبلیغات|درباره ما|تماس با ما",
        r"همه ?ٔ? حقوق محفوظ است|إعلان|من نحن|اتصل بنا|جميع الحقوق محفوظة",
    ),
    "related": (
        r"(?:read|see|watch|listen) (?:more|also|next|on)",
        r"related(?: (?:articles?|stories|posts|content|topics))?",
        r"(?:most|more) (?:read|popular|viewed|news|stories|from .{1,40}|on this (?:story|topic)"
        r"|in .{1,30})",
        r"you (?:may|might) (?:also )?(?:like|be interested in)|recommended(?: for you)?|popular",
        r"trending",
        r"latest(?: news)?|top stories|editor's (?:picks?|choice)|don't miss",
        r"in this (?:story|article)",
        r"what to read next|up next|next (?:story|article)|previous (?:story|article)",
        r"(?:читайте|смотрите|слушайте) (?:также|ещ[её]|далее|дальше)|по теме",
        r"похожие (?:материалы|статьи)",
        r"популярное|главное|последние новости|лента(?: новостей)?|новости по теме|рекомендуем",
        r"ещ[её] по теме",
        r"самое (?:читаемое|популярное)|что почитать|материалы по теме|другие новости",
        r"вам может понравиться",
        r"читайте (?:також|ще)|дивіться також|по темі|останні новини|чытайце таксама|яшчэ па тэме",
        r"(?:بیشتر|همچنین) بخوانید|مطالب مرتبط|پربازدید(?:ترین)?(?: ?‌?ها)?|آخرین اخبار|مرتبط",
        r"تازه ?‌?ها",
        r"اقرأ (?:أيضا|المزيد)|مواضيع ذات صلة|الأكثر قراءة|أخبار ذات صلة",
    ),
    "comments": (
        r"(?:\d+ )?comments?(?: ?\(?\d+\)?)?|(?:leave|post|add|write) a (?:comment|reply)",
        r"join the conversation",
        r"view comments|show comments|комментари[ияй]+(?: ?[\(:]? ?\d+\)?)?|\d+ комментари[ияейв]+",
        r"оставить комментарий|обсудить|коментарі(?: ?\(?\d+\)?)?|каментары",
        r"(?:\d+ )?(?:نظر(?:ات)?|دیدگاه(?:‌?ها)?)(?: شما)?(?: ?\(?\d+\)?)?|نظر بدهید|ارسال نظر",
        r"التعليقات|أضف تعليقا",
    ),
}

OPENS: dict[str, tuple[str, ...]] = {
    "letter": (
        r"dear (?:readers?|friends?|supporters?|subscribers?|members?)\b",
        r"an? (?:message|letter|note|word) (?:from|to) (?:our |the |your )?\S+",
        r"(?:дорогие|уважаемые) (?:читател\w+|друзья|подписчик\w+)",
        r"(?:обращение|письмо|слово) (?:редакци\w+|от редакции)",
        r"(?:дорогі|шановні) (?:читач\w+|друзі)|дарагія (?:чытач\w+|сябр\w+)",
        r"خوانند(?:گان|ه)[ٔی‌ ]* (?:عزیز|گرامی)|(?:پیام|نامه)[ٔی‌ ]* (?:به|سردبیر)",
        r"(?:قراءنا|القراء) الأعزاء|أعزاءنا القراء",
    ),
    "newsletter": (
        r"(?:sign ?up|subscribe|register) (?:for|to) (?:our|the|my|this)\b",
        r"(?:get|receive) (?:our|the|your) .{0,40}(?:newsletter|inbox|mailbox|weekly|daily"
        r"|briefing)",
        r"(?:our|the) (?:free )?(?:weekly|daily|monthly)?\s?newsletter\b|subscribers agree",
        r"no spam\b",
        r"you (?:are |'re )?(?:receiv|get)\w* this|you (?:have )?(?:subscribed|signed up)\b",
        r"подпи(?:шитесь|сывайтесь|шись|ска) на|(?:наша|ежедневная|еженедельная) рассылка",
        r"підпи(?:шіться|суйтесь|шись) на|падпі(?:шыцеся|свайцеся) на",
        r"(?:در|به) خبرنامه|عضو خبرنامه|به کانال .{1,30} بپیوندید|اشترك(?:وا)? في",
    ),
    "giving": (
        r"(?:please )?(?:support|donate|help|back|stand with) (?:us|our|the \S+|independent)\b",
        r"(?:if you|do you) (?:value|like|enjoy|appreciate|believe in|can afford) ",
        r"(?:make|become) a (?:donation|contribution|gift|member|supporter|monthly)",
        r"(?:thank you|thanks) for reading|спасибо, что (?:дочитали|читаете|вы с нами)",
        r"اگر این \S+ را",
        r"this (?:story|article|report|project) (?:was|is) (?:supported|funded|produced) (?:by"
        r"|with)",
        r"before you (?:go|leave|close)|we have a (?:small|quick|brief)? ?(?:favou?r|request)",
        r"to read us\b",
        r"enjoying (?:ad-free|this|a page|our|the)",
        r"your (?:support|gift|donation|contribution|help)\b",
        r"this (?:story|article|report|work) (?:was|is) (?:made possible|funded|paid for) by"
        r" (?:readers|our|you)",
        r"(?:we|our newsroom) (?:need|rely on|depend on) (?:your|you|our readers)",
        r"поддержите|помогите (?:нам|нашей)",
        r"(?:если )?(?:вам|вы) (?:нравится|важн\w+|цените|хотите помочь)",
        r"нам нужна ваша (?:помощь|поддержка)|ваш[аеу]? (?:поддержк\w+|пожертвовани\w+|донат\w*)",
        r"підтримайте|допоможіть нам|ваша підтримка|падтрымайце|ваша падтрымка",
        r"از (?:ما|روزنامه‌نگاری مستقل|\S+) حمایت کنید|حمایت (?:شما|مالی)|کمک‌?های مالی شما",
        r"ادعم(?:وا)? ",
    ),
    "related": (
        r"(?:read|see|watch|listen)(?: (?:more|also|next|on))? ?[:→»>—–|]",
        r"(?:read|see|watch) (?:more|also)\b|related ?[:—–-]",
        r"more (?:on|about|from) (?:this|the)\b.{0,30}[:→]?$",
        r"(?:читайте|смотрите|слушайте)(?: (?:также|ещ[её]|далее|нас))?\b|по теме ?[:—–]",
        r"подробнее ?[:—]",
        r"(?:читайте|дивіться) (?:також|ще)|чытайце (?:таксама|яшчэ)",
        r"(?:بیشتر|همچنین|در همین زمینه) ?(?:بخوانید|ببینید)?\s*[:：]|(?:بیشتر|همچنین) بخوانید",
        r"اقرأ أيضا",
    ),
    "comments": (
        r"\d+ (?:comments?|responses|thoughts on|комментари|коментар|نظر|دیدگاه|تعليق)",
        r"(?:sign|log) in (?:or .{1,40} )?to (?:post|join|leave|comment)",
        r"(?:log in|register) .{0,30}comments?",
        r"please enable javascript|your email address will not be published",
        r"(?:войдите|авторизуйтесь|зарегистрируйтесь),? чтобы|ваш (?:адрес )?e-?mail не будет",
    ),
    "legal": (
        r"(?:©|\(c\)|copyright\b|all rights reserved|published by .{2,60}ltd)",
        r"(?:this (?:site|website)|we)(?: and our.{0,40})? uses? (?:\S+ such as )?cookies",
        r"by continuing to (?:use|browse)",
        r"we (?:and our|use|value) .{0,60}(?:cookies|partners|privacy)|your privacy (?:matters|is)",
        r"click (?:below|here|\S+) to (?:consent|agree|accept)",
        r"manage your (?:cookie|consent|privacy)",
        r"the (?:views|opinions) expressed|opinions expressed",
        r"this (?:content|material) is (?:hosted|provided)",
        r"(?:настоящий )?(?:этот )?(?:материал|сообщение).{0,80}иностранн\w+ агент",
        r"мнение (?:редакции|автор\w+) может",
        r"(?:мы|наш сайт|этот сайт|сайт) использу\w+ (?:файлы )?(?:cookie|куки)",
        r"при (?:перепечатке|цитировании|использовании)",
        r"учредитель|свидетельство о регистрации|зарегистрировано роскомнадзор",
        r"использование материалов",
        r"ми використовуємо|передрук|این (?:وب ?‌?سایت|سایت) از کوکی|استفاده از (?:مطالب|محتوا)",
        r"نقل مطالب",
    ),
    "share": (
        r"(?:share|tweet|pin)(?: this)?(?: (?:article|story|post|page))?(?: (?:on|via"
        r"|with)\b.*)?[:…]",
        r"follow (?:us|the \S+) (?:on|at)\b|find us on|join (?:us|our (?:channel|group)) on\b",
        r"(?:поделиться|поделитесь|рассказать друзьям)\b",
        r"(?:мы|читайте нас) в (?:соцсетях|телеграм\w*|telegram)",
        r"поділи(?:тися|ться)\b|падзял(?:іцца|іцеся)\b",
        r"(?:این (?:مطلب|خبر|گزارش) را )?به اشتراک بگذارید|ما را در .{1,30} دنبال کنید|شارك",
    ),
    "labels": (
        r"(?:tags?|topics?|filed under|posted in|categor(?:y|ies)|keywords|tagged(?: with| in)?"
        r"|labels) ?[:—]",
        r"(?:тег|тэг|темы?|рубрик|метк|категори)\w* ?[:—]|(?:теги|мітки|рубрика) ?[:—]|тэгі ?[:—]",
        r"(?:برچسب|موضوع|دسته)(?:‌?ها)? ?[:—]|(?:وسوم|تصنيفات) ?[:—]",
        r"(?:found|spotted|see|saw) (?:a|an) (?:typo|mistake|error)",
        r"(?:if you|did you) (?:find|spot|notice|found)",
        r"(?:нашли|заметили|увидели) (?:ошибку|опечатку)|знайшли помилку|выделите (?:е[её]|текст)",
        r"(?:printer[- ]friendly|e-?mail this|send to a friend|download (?:our|the) app|get the"
        r" app)",
        r"forward this (?:e-?mail|letter|issue|message)",
        r"view (?:this )?(?:e-?mail )?in (?:your )?browser",
        r"(?:estimated )?(?:reading time|read time)|\d+[- ]min(?:ute)?s?\.? read|время чтения",
        r"(?:\d+ )?просмотр",
        r"(?:reporting|additional reporting|editing|writing|compiled) by\b.{2,90}(?:;|editing)",
    ),
}

WITHIN: dict[str, tuple[str, ...]] = {
    "giving": (
        r"(?:please )?support (?:us|our (?:work|journalism|newsroom|reporting|mission))",
        r"your (?:support|gift|donation|contribution|generosity|membership)\b",
        r"(?:we|us) need your (?:help|support)",
        r"(?:readers|people) like you|fill the gap",
        r"keep (?:our|us|the) .{0,30}(?:working|going|free|alive|running)",
        r"(?:every|any|no matter how small).{0,30}(?:contribution|amount|donation|gift)",
        r"however small|large or small",
        r"(?:from|for) (?:just|only|as little as) [$€£]?\s?\d+|(?:costs?|need) us [$€£]?\s?[\d,.]+",
        r"help us (?:keep|continue|stay|tell|report|fill)",
        r"thank you for (?:standing|supporting|reading)",
        r"(?:without|with no|ad-free|disabled (?:all )?)(?: \w+)? ?(?:ads|advert\w*)",
        r"quick to set up|takes (?:less than )?(?:one|a|two) minutes?|tax[- ]deductible",
        r"(?:donat|contribut)(?:e|ing) (?:today|now|here)",
        r"by (?:supporting|backing) (?:us|the|our)|stand(?:ing)? with us",
        r"every (?:reader|dollar|euro)",
        r"no advertis\w+(?: at all)?",
        r"(?:independent|free) (?:journalism|press|media) (?:needs|depends|is under)",
        r"поддерж\w+ (?:нас|нашу|редакци\w+|издани\w+|независим\w+)",
        r"ваш\w* (?:поддержк|помощ|пожертвовани|взнос|донат)\w*",
        r"(?:люб(?:ая|ую|ой) (?:сумм|помощ|взнос|удобн)\w*)",
        r"благодаря (?:вам|вашей|вашим|читател\w+)|без рекламы|мы продолжали",
        r"оформ\w+ (?:ежемесячн\w+ )?(?:подписк|пожертвовани|донат)\w*|помо(?:чь|гите|гает) нам",
        r"нам (?:очень )?нужн\w+ ваш\w+",
        r"(?:підтрим\w+ (?:нас|редакці\w+|ліхтар)|ваш\w* (?:підтримк|внеск|допомог)\w*|без"
        r" реклами)",
        r"حمایت (?:شما|مالی|کنید)|کمک (?:مالی|شما)|به (?:یاری|کمک) شما|بدون (?:تبلیغ|آگهی)",
        r"از ما حمایت",
        r"دعمكم|تبرعاتكم|ساعدونا|بدون إعلانات",
    ),
    "newsletter": (
        r"\bnewsletters?\b|(?:your|in your) (?:inbox|mailbox)|unsubscribe",
        r"every (?:morning|friday|monday|week) in your",
        r"(?:sign|signing) up (?:for|to|here)|subscribe (?:to|now|here)|subscribers agree",
        r"no spam\b",
        r"рассылк\w+|на (?:вашу )?почту|подпи(?:шитесь|сывайтесь|сатьс?я)|отписаться",
        r"telegram-канал|телеграм-?канал\w*",
        r"розсилк\w+|підпи(?:шіться|суйтесь)|خبرنامه|در ایمیل|ایمیل (?:خود|شما)|عضو شوید",
        r"کانال تلگرام|النشرة البريدية",
    ),
    "legal": (
        r"privacy policy|terms (?:of|and) (?:use|service|conditions)|\bcookies?\b|personal data",
        r"consent to",
        r"all rights reserved|no part of this|republish|without (?:prior )?(?:written )?permission",
        r"©",
        r"политик\w+ (?:конфиденциальности|приватности)|персональн\w+ данн\w+|файл\w* cookie",
        r"все права",
        r"політик\w+ конфіденційності|усі права|حریم خصوصی|شرایط استفاده|کوکی|حقوق محفوظ",
        r"سياسة الخصوصية",
    ),
    "comments": (
        r"(?:leave|post) (?:a|your) comment|join the conversation|community guidelines",
        r"comments are (?:closed|moderated)",
        r"оставьте комментарий|написать комментарий|نظر خود را",
    ),
    "share": (
        r"follow us on|share (?:this|it) (?:with|on)|like us on",
        r"join our (?:telegram|whatsapp|channel)",
        r"(?:подпи\w+ на|читайте) нас в|мы в (?:telegram|телеграм)",
        r"поделитесь (?:этим|ссылкой|с друзьями)|دنبال کنید|به اشتراک",
    ),
    "letter": (
        r"our (?:staff|reporters|journalists|editors|work|website|newsroom|journalism)\b",
        r"we,? the \w+ of\b",
        r"we (?:are|have been) (?:facing|blocked|banned|labell?ed|designated|an independent)",
        r"нас (?:объявили|признали|заблокировали)",
        r"наш\w* (?:сайт|редакци\w+|работ\w+) (?:заблокир|призна|объяв)\w+",
        r"ما (?:را|روزنامه‌نگاران)|روزنامه‌نگاری مستقل",
    ),
}

# Words that speak to the reader or for the newsroom. Alone they prove nothing: columns do too.
ADDRESS = (
    r"\b(?:we|we're|we've|our|ours|us|you|your|yours|you're|you'll)\b"
    r"|\b(?:мы|нас|нам|нами|наш\w*|вы|вас|вам|вами|ваш\w*)\b"
    r"|\b(?:ми|нас|нам|наш\w*|ви|вас|вам|ваш\w*)\b|\b(?:мы|нас|вы|вас)\b"
    r"|\b(?:ما|شما)\b|\b(?:نحن|أنتم)\b"
)
