//! Every word of the shop, in both of its languages.

pub struct Texts {
    pub tag: &'static str,
    pub title: &'static str,
    pub tagline: &'static str,
    pub heading: &'static str,
    pub name: &'static str,
    pub email: &'static str,
    pub submit: &'static str,
    pub noscript: &'static str,
    pub fields: &'static str,
    pub not_confirmed: &'static str,
    pub unreachable: &'static str,
    /// `{}` stands for the name.
    pub welcome: &'static str,
    pub done: &'static str,
    pub back: &'static str,
    pub missing: &'static str,
}

pub const EN: Texts = Texts {
    tag: "en",
    title: "Paper & Ink",
    tagline: "Notebooks, bound by hand.",
    heading: "Make an account",
    name: "Name",
    email: "Email",
    submit: "Sign up",
    noscript: "This form needs JavaScript. Without it, write to",
    fields: "Please fill in your name and an email address.",
    not_confirmed: "We could not confirm that you are human. Please send the form once more.",
    unreachable: "The check cannot be reached right now. Please try again in a minute.",
    welcome: "Welcome, {}.",
    done: "Your account is ready.",
    back: "Back to the shop",
    missing: "There is no such page.",
};

pub const KO: Texts = Texts {
    tag: "ko",
    title: "종이와 잉크",
    tagline: "손으로 엮은 공책.",
    heading: "계정 만들기",
    name: "이름",
    email: "이메일",
    submit: "가입하기",
    noscript: "이 양식은 자바스크립트가 필요합니다. 쓸 수 없다면 여기로 편지 주세요:",
    fields: "이름과 이메일 주소를 적어 주세요.",
    not_confirmed: "사람임을 확인하지 못했습니다. 양식을 한 번 더 보내 주세요.",
    unreachable: "지금은 확인 서비스에 연결할 수 없습니다. 잠시 후 다시 시도해 주세요.",
    welcome: "{} 님, 반갑습니다.",
    done: "계정이 준비되었습니다.",
    back: "가게로 돌아가기",
    missing: "그런 페이지는 없습니다.",
};

/// `?lang=` wins, otherwise the browser's first language that we have.
pub fn choose(wanted: Option<&str>, accept_language: &str) -> &'static Texts {
    wanted
        .into_iter()
        .chain(accept_language.split(',').map(str::trim))
        .find_map(|tag| [&EN, &KO].into_iter().find(|texts| tag.get(..2) == Some(texts.tag)))
        .unwrap_or(&EN)
}
