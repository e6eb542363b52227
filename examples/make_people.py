#!/usr/bin/env python3
"""Writes people.csv, 5,000 made-up people to import, and people.faults.csv, its deliberate faults.

Usage:
    python3 make_people.py             write both files beside this script
    python3 make_people.py --check     write nothing; exit 1 unless both are as they would be written
    python3 make_people.py --people 800 --seed 7 --directory /tmp

Needs Python 3.9 or later and nothing else. The same --people and --seed give the same bytes
everywhere: of the random module only random(), whose sequence Python promises to keep, is used.

Every name is put together by chance from the lists below; no row means a real person. Names are in
the scripts they are written in; the login is made of their Latin form. The lines that are wrong on
purpose are listed in people.faults.csv (line of people.csv, kind of fault, login as given): a reader
must refuse exactly those and take all others. The groups in "Member Of" are Staff and Trainers:
create them before importing, or the rows naming them are refused too.
"""

import argparse
import pathlib
import random
import sys

COLUMNS = [
    "Login Id", "Account Hierarchy", "Last Name", "First Name", "Display Name", "Password",
    "Profile", "Roles", "Email", "Member Of", "Owned Groups",
]
LOGIN, HIERARCHY, LAST, FIRST, DISPLAY, PASSWORD, PROFILE, ROLES, EMAIL, MEMBER_OF, OWNED = range(11)

PEOPLE = 5_000
SEED = 20_260_228
MEMBERS = 60
PASSWORDS = 20
# Fewer people than this leave no room for every fault and every member.
PEOPLE_MIN = 500

# (script, share, form of the display name, family names, given names), names as native=latin;
# where a name is already in ASCII letters, its Latin form is the name itself.
NAMES = [
    ("Latin, English", 8, "{g} {f}",
     "Smith Jones Taylor Brown O'Brien=obrien Wilson Evans Walker Hall Clarke Fitzgerald Turner",
     "Anna William Grace Oliver Emily George Charlotte Henry Alice Thomas Ruth Jack"),
    ("Latin, German", 8, "{g} {f}",
     "Müller=mueller Schmidt Schäfer=schaefer Weiß=weiss Köhler=koehler Jäger=jaeger Groß=gross "
     "Böhm=boehm Krüger=krueger Löwe=loewe Hübner=huebner Fischer",
     "Jürgen=juergen Käthe=kaethe Björn=bjoern Jörg=joerg Günther=guenther Sören=soeren Lena Lukas "
     "Änne=aenne Ute Klaus Rosa"),
    ("Latin, French", 6, "{g} {f}",
     "Lefèvre=lefevre Bélanger=belanger Dupré=dupre Garçon=garcon Gauthier Noël=noel Côté=cote "
     "Maître=maitre D'Aubigné=daubigne Leroy",
     "Chloé=chloe François=francois Hélène=helene Benoît=benoit Zoé=zoe Jérôme=jerome Maël=mael Amélie=amelie "
     "Luc Inès=ines"),
    ("Latin, Spanish", 6, "{g} {f}",
     "García=garcia Muñoz=munoz Peña=pena López=lopez Ibáñez=ibanez Núñez=nunez Ramírez=ramirez Vega "
     "Castaño=castano Ortiz",
     "José=jose María=maria Begoña=begona Íñigo=inigo Sofía=sofia Andrés=andres Lucía=lucia Ángel=angel "
     "Carmen Raúl=raul"),
    ("Latin, Portuguese", 4, "{g} {f}",
     "Gonçalves=goncalves Simões=simoes Araújo=araujo Conceição=conceicao Magalhães=magalhaes Sousa",
     "João=joao Conceição=conceicao Antônio=antonio Luísa=luisa Tomé=tome Inês=ines Rui"),
    ("Latin, Polish", 5, "{g} {f}",
     "Wiśniewski=wisniewski Dąbrowska=dabrowska Wójcik=wojcik Zieliński=zielinski Żak=zak Kołodziej=kolodziej "
     "Błaszczyk=blaszczyk Nowak",
     "Łukasz=lukasz Małgorzata=malgorzata Paweł=pawel Żaneta=zaneta Michał=michal Agnieszka Grażyna=grazyna "
     "Stanisław=stanislaw"),
    ("Latin, Czech", 4, "{g} {f}",
     "Dvořák=dvorak Černý=cerny Růžička=ruzicka Němcová=nemcova Šťastný=stastny Žižka=zizka Kříž=kriz",
     "Jiří=jiri Šárka=sarka Ondřej=ondrej Božena=bozena Tomáš=tomas Květa=kveta Ľubica=lubica"),
    ("Latin, Hungarian and Romanian", 4, "{g} {f}",
     "Szőke=szoke Kővágó=kovago Hegedűs=hegedus Nagy Țăran=taran Ionescu Ștefănescu=stefanescu Bălan=balan",
     "György=gyorgy Ödön=odon Tünde=tunde Zsófia=zsofia Ștefan=stefan Ionuț=ionut Mădălina=madalina"),
    ("Latin, Nordic", 5, "{g} {f}",
     "Ångström=angstrom Sørensen=sorensen Bjørnsson=bjornsson Þórðarson=thordarson Mäkelä=makela "
     "Hämäläinen=hamalainen Østergaard=ostergaard Lindqvist",
     "Åsa=asa Søren=soren Guðrún=gudrun Þór=thor Päivi=paivi Øystein=oystein Mæja=maeja Lars"),
    ("Latin, Baltic", 3, "{g} {f}",
     "Bērziņš=berzins Kalniņa=kalnina Žukauskas=zukauskas Šimkutė=simkute Põld=pold Mägi=magi",
     "Jānis=janis Līga=liga Žygimantas=zygimantas Eglė=egle Jüri=juri Õie=oie"),
    ("Latin, Turkish", 4, "{g} {f}",
     "Yılmaz=yilmaz Şahin=sahin Çelik=celik Öztürk=ozturk Güneş=gunes Aydın=aydin Doğan=dogan",
     "Ayşe=ayse İbrahim=ibrahim Çağla=cagla Ömer=omer Gülşen=gulsen Işıl=isil Tuğba=tugba"),
    ("Latin, Vietnamese", 4, "{f} {g}",
     "Nguyễn=nguyen Trần=tran Phạm=pham Hoàng=hoang Đặng=dang Võ=vo",
     "Ngọc=ngoc Thắng=thang Hương=huong Đức=duc Mỹ=my Quỳnh=quynh Bảo=bao"),
    ("Latin, Yoruba and Hausa", 3, "{g} {f}",
     "Adébáyọ̀=adebayo Ọláwálé=olawale Ògúnyẹmí=ogunyemi Ɗanladi=danladi Akínọlá=akinola",
     "Ṣọlá=sola Títílayọ̀=titilayo Ayọ̀=ayo Ƙasim=kasim Bọ́lá=bola"),
    ("Cyrillic", 7, "{g} {f}",
     "Иванова=ivanova Кузнецов=kuznetsov Щербаков=shcherbakov Ёлкина=yolkina Жуков=zhukov Шевченко=shevchenko "
     "Їжакевич=yizhakevych Ђорђевић=djordjevic Цветков=tsvetkov",
     "Наталья=natalya Фёдор=fyodor Юлия=yulia Олександр=oleksandr Ґалина=galyna Љубица=ljubica Игорь=igor "
     "Зоряна=zoryana"),
    ("Greek", 5, "{g} {f}",
     "Παπαδόπουλος=papadopoulos Αγγελοπούλου=angelopoulou Ξένος=xenos Ψαρράς=psarras Χατζής=chatzis "
     "Οικονόμου=oikonomou",
     "Δημήτρης=dimitris Ελένη=eleni Γιώργος=giorgos Θάλεια=thaleia Ιφιγένεια=ifigeneia Λεωνίδας=leonidas"),
    ("Georgian", 3, "{g} {f}",
     "ბერიძე=beridze კაპანაძე=kapanadze გელაშვილი=gelashvili ლომიძე=lomidze ჩხეიძე=chkheidze",
     "ნინო=nino გიორგი=giorgi თამარ=tamar ლევან=levan ქეთევან=ketevan"),
    ("Armenian", 3, "{g} {f}",
     "Հովհաննիսյան=hovhannisyan Գրիգորյան=grigoryan Սարգսյան=sargsyan Պետրոսյան=petrosyan",
     "Անահիտ=anahit Արամ=aram Շուշան=shushan Տիգրան=tigran Նարեկ=narek"),
    ("Arabic", 5, "{g} {f}",
     "الحسن=alhassan المصري=almasri حداد=haddad خوري=khoury الزهراني=alzahrani بن-سعيد=bensaid",
     "محمد=mohammed فاطمة=fatima يوسف=youssef ليلى=layla عمر=omar نور=nour"),
    ("Persian", 3, "{g} {f}",
     "رضایی=rezaei محمدی=mohammadi کریمی=karimi پارسا=parsa گلستانی=golestani",
     "پریسا=parisa آرش=arash شیرین=shirin کیان=kian ژاله=zhaleh"),
    ("Urdu", 2, "{g} {f}",
     "قریشی=qureshi چوہدری=chaudhry بھٹی=bhatti صدیقی=siddiqui",
     "عائشہ=ayesha زین=zain ثناء=sana بلال=bilal"),
    ("Hebrew", 4, "{g} {f}",
     "כהן=cohen לוי=levi מזרחי=mizrahi פרידמן=friedman בן-דוד=bendavid",
     "רחל=rachel יוסף=yosef נועה=noa אברהם=avraham תמר=tamar איתן=eitan"),
    ("Devanagari", 5, "{g} {f}",
     "शर्मा=sharma वर्मा=verma श्रीवास्तव=shrivastava जोशी=joshi क्षीरसागर=kshirsagar",
     "प्रिया=priya अर्जुन=arjun कृष्ण=krishna ज्योति=jyoti विक्रम=vikram ऋतु=ritu"),
    ("Bengali", 4, "{g} {f}",
     "চট্টোপাধ্যায়=chattopadhyay রহমান=rahman দাশগুপ্ত=dasgupta সরকার=sarkar",
     "অনন্যা=ananya সুব্রত=subrata মৌসুমী=mousumi রবীন=robin তানিয়া=tania"),
    ("Gurmukhi", 2, "{g} {f}", "ਸਿੰਘ=singh ਕੌਰ=kaur ਗਿੱਲ=gill", "ਹਰਪ੍ਰੀਤ=harpreet ਗੁਰਦੀਪ=gurdeep ਮਨਜੀਤ=manjit"),
    ("Gujarati", 2, "{g} {f}", "પટેલ=patel શાહ=shah દેસાઈ=desai", "હેતલ=hetal જિગ્નેશ=jignesh મીરા=mira"),
    ("Tamil", 3, "{g} {f}",
     "சுப்பிரமணியன்=subramanian முருகன்=murugan இளங்கோ=ilango செல்வம்=selvam",
     "கார்த்திக்=karthik மீனாட்சி=meenakshi அருண்=arun லட்சுமி=lakshmi"),
    ("Telugu", 2, "{g} {f}", "రెడ్డి=reddy నాయుడు=naidu శాస్త్రి=sastry", "లక్ష్మి=lakshmi వెంకట్=venkat స్రవంతి=sravanthi"),
    ("Kannada", 2, "{g} {f}", "ಗೌಡ=gowda ಹೆಗ್ಡೆ=hegde ಶೆಟ್ಟಿ=shetty", "ಕಾವ್ಯ=kavya ಮಂಜುನಾಥ್=manjunath ಅನಿತಾ=anitha"),
    ("Malayalam", 2, "{g} {f}", "നായർ=nair മേനോൻ=menon കുര്യൻ=kurian", "അഞ്ജലി=anjali സുരേഷ്=suresh ദിവ്യ=divya"),
    ("Sinhala", 2, "{g} {f}", "පෙරේරා=perera සිල්වා=silva බණ්ඩාර=bandara", "නිමල්=nimal කුමාරි=kumari සඳුනි=sanduni"),
    ("Thai", 3, "{g} {f}",
     "ศรีสุข=srisuk วงศ์ไทย=wongthai แก้วมณี=kaewmanee ทองดี=thongdee",
     "สมชาย=somchai มาลี=malee กิตติ=kitti น้ำฝน=namfon"),
    ("Lao", 1, "{g} {f}", "ວົງສາ=vongsa ສີສະຫວາດ=sisavath", "ບຸນມີ=bounmy ແກ້ວ=keo"),
    ("Khmer", 1, "{f} {g}", "សុខ=sok ចាន់=chan", "ដារ៉ា=dara ស្រីមុំ=sreymom"),
    ("Burmese", 2, "{g} {f}", "မောင်=maung ဝင်း=win ကျော်=kyaw", "အောင်=aung စန္ဒာ=sandar သီရိ=thiri"),
    ("Amharic", 3, "{g} {f}", "ገብረመድኅን=gebremedhin ኃይሌ=haile ተስፋዬ=tesfaye በቀለ=bekele", "አበበ=abebe ሰላም=selam ትዕግስት=tigist ዮሐንስ=yohannes"),
    ("Chinese, simplified", 6, "{f}{g}",
     "王=wang 李=li 张=zhang 刘=liu 陈=chen 欧阳=ouyang 赵=zhao 司马=sima",
     "伟=wei 秀英=xiuying 建国=jianguo 丽华=lihua 子轩=zixuan 雨桐=yutong 静=jing"),
    ("Chinese, traditional", 3, "{f}{g}",
     "黃=huang 蔡=tsai 鄭=cheng 羅=lo 謝=hsieh",
     "淑芬=shufen 志明=chihming 雅婷=yating 俊傑=chunchieh 怡君=yichun"),
    ("Japanese", 6, "{f} {g}",
     "佐藤=sato 鈴木=suzuki 髙橋=takahashi 渡邉=watanabe 山﨑=yamazaki 小林=kobayashi 斎藤=saito",
     "健太=kenta さくら=sakura 陽菜=hina 翔=sho ひろし=hiroshi ケンジ=kenji 美咲=misaki"),
    ("Korean", 5, "{f}{g}",
     "김=kim 이=lee 박=park 최=choi 정=jung 남궁=namgung",
     "민준=minjun 서연=seoyeon 지훈=jihoon 하은=haeun 영희=younghee"),
    ("Mongolian, Cyrillic", 2, "{f} {g}", "Бат-Эрдэнэ=baterdene Дорж=dorj Өлзий=ulzii", "Оюун=oyuun Төмөр=tumur Сүхбаатар=sukhbaatar"),
    ("Cherokee", 1, "{g} {f}", "ᏥᏍᏚ=tsisdu ᏩᏯ=waya", "ᏎᏉᏯ=sequoya ᎠᏂᏓ=anida"),
]

# Local parts outside ASCII, in scripts written from left to right: these are valid logins
# (RFC 8265, UsernameCaseMapped). Names written from right to left would not be, before "@example.com".
LOGINS_BEYOND_ASCII = (
    "müller schäfer köhler weiß groß jörg björn lefèvre noël chloé garcía muñoz ibáñez begoña gonçalves joão "
    "wiśniewski łukasz żak dvořák jiří růžička szőke ștefan sørensen åsa þór mäkelä bērziņš yılmaz çelik "
    "nguyễn иванова фёдор шевченко їжакевич παπαδόπουλος ελένη ბერიძე ნინო հակոբ शर्मा 王伟 欧阳静 佐藤 さくら 김민준"
).split()

ROLES_SEEN = ["[Agent]"] * 14 + ["[Agent,Supervisor]"] * 3 + ["[Supervisor]", "[Administrator]", "[Agent, Business Analyst]"]
HIERARCHIES = ["Example Corp", "Example Corp/Africa", "Example Corp/Americas", "Example Corp/Asia", "Example Corp/Europe"]
# Nobody has a profile: a row that names one that is not there fails.
PROFILES = ["", "", "", "", ""]


class Dice:
    """Chance that comes out the same on every Python."""

    def __init__(self, seed):
        self._random = random.Random(seed).random

    def below(self, bound):
        return int(self._random() * bound)

    def choice(self, items):
        return items[self.below(len(items))]

    def sample(self, items, count):
        items = list(items)
        return [items.pop(self.below(len(items))) for _ in range(count)]


def pairs(names):
    """'Müller=mueller Smith' -> [('Müller', 'mueller'), ('Smith', 'smith')]"""
    return [(name.split("=")[0], name.split("=")[-1].lower()) for name in names.split()]


def make_rows(dice, count):
    """The people, all of them valid."""
    table = [(form, pairs(families), pairs(givens)) for _, share, form, families, givens in NAMES for _ in range(share)]
    rows = []
    for number in range(1, count + 1):
        form, families, givens = dice.choice(table)
        (family, family_latin), (given, given_latin) = dice.choice(families), dice.choice(givens)
        login = f"{given_latin}.{family_latin}.{number}@example.com"
        display = form.format(f=family, g=given)
        kind = dice.below(100)
        if kind < 6:
            display = ""
        elif kind < 10:
            display = f"{family}, {given}"
        elif kind < 12:
            display = f'{given} "{given_latin[:3].title()}" {family}'
        rows.append([
            login, dice.choice(HIERARCHIES), family, given, display, "", dice.choice(PROFILES),
            dice.choice(ROLES_SEEN), login, "", "",
        ])
    return rows


def replaced(column, value):
    def change(row, earlier):
        row[column] = value
    return change


def changed(column, function):
    def change(row, earlier):
        row[column] = function(row[column])
    return change


def login_of(choose):
    """The login of an earlier row, written as `choose` makes it."""
    def change(row, earlier):
        row[LOGIN] = choose(earlier)
    return change


def resize(row, earlier):
    del row[MEMBER_OF:]


def widen(row, earlier):
    row.extend(["", "one cell too many"])


# Kind of fault and what it does to a valid row; `earlier` are the rows before it.
# Marks in a value that are replaced in the line as written: no str can hold them.
BAD_UTF8, AFTER_QUOTE = "\ue000", "\ue001"
FAULTS = [
    ("missing login", replaced(LOGIN, "")),
    ("login with a space", changed(LOGIN, lambda login: login.replace(".", " ", 1))),
    ("missing last name", replaced(LAST, "")),
    ("duplicate login", login_of(lambda earlier: earlier[9][LOGIN])),
    ("login with a zero-width character", changed(LOGIN, lambda login: login.replace("@", "\u200b@"))),
    ("last name with <", changed(LAST, lambda name: f"<b>{name}")),
    ("too few cells", resize),
    ("duplicate login in other letter case", login_of(lambda earlier: earlier[27][LOGIN].upper())),
    ("missing first name", replaced(FIRST, "")),
    ("first name longer than 255", changed(FIRST, lambda name: (name * 256)[:256])),
    ("unknown group", replaced(MEMBER_OF, "[Staff,Astronauts]")),
    ("invalid UTF-8", changed(LAST, lambda name: f"Mu{BAD_UTF8}oz")),
    ("e-mail without domain", replaced(EMAIL, "nobody-at-example.com")),
    ("login with a control character", changed(LOGIN, lambda login: login.replace("@", "\x07@"))),
    ("more than 11 roles", replaced(ROLES, "[" + ",".join(f"Role {n}" for n in range(1, 13)) + "]")),
    ("duplicate login beyond ASCII in other letter case",
     login_of(lambda earlier: next(row[LOGIN] for row in earlier if row[LOGIN].startswith("müller@")).replace("müller", "MÜLLER"))),
    ("e-mail longer than 255", changed(EMAIL, lambda email: "x" * (256 - len(email)) + email)),
    ("list without closing bracket", replaced(ROLES, "[Agent,Supervisor")),
    ("too many cells", widen),
    ("login longer than 255", changed(LOGIN, lambda login: "x" * (256 - len(login)) + login)),
    ("display name longer than 510", changed(DISPLAY, lambda name: "Count " * 86)),
    ("duplicate login in decomposed letters",
     login_of(lambda earlier: next(row[LOGIN] for row in earlier if row[LOGIN].startswith("jörg@")).replace("ö", "o\u0308"))),
    ("role longer than 40", replaced(ROLES, "[Agent,Deputy Assistant Supervisor of the Night Shift]")),
    ("text after a closing quote", changed(LAST, lambda name: f"{name}{AFTER_QUOTE}")),
    ("NUL character", changed(LAST, lambda name: f"{name}\0")),
]


def make_people(count, seed):
    """The bytes of people.csv and of people.faults.csv."""
    dice = Dice(seed)
    rows = make_rows(dice, count)
    # Faults stand evenly from the ninth part on: before them are the rows they repeat.
    step = (count - count // 9) // len(FAULTS)
    faulty = {count // 9 + step // 2 + index * step: fault for index, fault in enumerate(FAULTS)}
    # So do the first two of these, which are repeated.
    beyond = [40, 44] + dice.sample([i for i in range(50, count) if i not in faulty], len(LOGINS_BEYOND_ASCII) - 2)
    for index, local in zip(beyond, ["müller", "jörg"] + [l for l in LOGINS_BEYOND_ASCII if l not in ("müller", "jörg")]):
        rows[index][LOGIN] = f"{local}@example.com"
    valid = [index for index in range(count) if index not in faulty]
    for place, index in enumerate(sorted(dice.sample(valid, MEMBERS))):
        rows[index][MEMBER_OF] = "[Staff,Trainers]" if place % 4 == 3 else "[Staff]"
    for index in dice.sample(valid, PASSWORDS):
        digits = f"{dice.below(10**8):08}"
        rows[index][PASSWORD] = "Kt-" + "-".join(digits[at:at + 2] for at in range(0, 8, 2))
    listed = [["Line", "Kind", "Login Id"]]
    for index, (kind, change) in sorted(faulty.items()):
        change(rows[index], rows[:index])
        # The header is line 1, and every row is one line.
        listed.append([str(index + 2), kind, rows[index][LOGIN]])
    return lines([COLUMNS] + rows), lines(listed)


def lines(rows):
    text = "".join(",".join(map(quoted, row)) + "\n" for row in rows)
    return text.encode("utf-8").replace(BAD_UTF8.encode("utf-8"), b"\xf1")


def quoted(value):
    if AFTER_QUOTE in value:
        return '"' + value.replace(AFTER_QUOTE, "") + '" (?)'
    if any(mark in value for mark in ',"\r\n'):
        return '"' + value.replace('"', '""') + '"'
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"rows, {PEOPLE_MIN} or more (default {PEOPLE})")
    parser.add_argument("--seed", type=int, default=SEED, help=f"what chance starts from (default {SEED})")
    parser.add_argument("--directory", type=pathlib.Path, default=pathlib.Path(__file__).resolve().parent,
                        help="where the files are written (default: beside this script)")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    options = parser.parse_args()
    if options.people < PEOPLE_MIN:
        parser.error(f"--people must be {PEOPLE_MIN} or more")
    people, faults = make_people(options.people, options.seed)
    stale = []
    for name, content in (("people.csv", people), ("people.faults.csv", faults)):
        path = options.directory / name
        if not options.check:
            path.write_bytes(content)
        elif not path.exists() or path.read_bytes() != content:
            stale.append(str(path))
    if stale:
        sys.exit(f"not as make_people.py writes it: {', '.join(stale)}")


if __name__ == "__main__":
    main()
