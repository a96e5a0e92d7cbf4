//! The parts of a page that can refer to a vendor.

use html5gum::emitters::default::DefaultEmitter;
use html5gum::{StartTag, Token, Tokenizer};

/// The classes that vendors' scripts search for.
const CLASSES: [&str; 3] = ["cf-turnstile", "h-captcha", "g-recaptcha"];

/// The relevant parts of a page.
#[derive(Debug, Default)]
pub struct Page {
    /// Scripts that are loaded.
    pub scripts: Vec<Loaded>,
    /// Elements with a vendor's class.
    pub elements: Vec<Element>,
    /// Policies in `meta` elements.
    pub policies: Vec<String>,
    /// The text of inline scripts, and of attributes that contain code.
    pub text: String,
}

/// A script that is loaded.
#[derive(Debug)]
pub struct Loaded {
    pub src: String,
    /// Whether an `integrity` attribute fixes its content.
    pub has_integrity: bool,
}

/// An element with a vendor's class.
#[derive(Debug)]
pub struct Element {
    pub class: &'static str,
    /// Name, without `data-`, and value.
    pub data: Vec<(String, String)>,
}

impl Page {
    /// Parses HTML, however broken.
    pub fn read(html: &str) -> Self {
        let mut page = Self::default();
        let mut emitter = DefaultEmitter::default();
        emitter.naively_switch_states(true);
        let mut in_script = false;
        for token in Tokenizer::new_with_emitter(html, emitter) {
            let Ok(token) = token;
            match token {
                Token::StartTag(tag) => {
                    in_script = &**tag.name == b"script";
                    page.take(&tag);
                }
                Token::EndTag(_) => in_script = false,
                Token::String(text) if in_script => page.code(&text_of(&text)),
                _ => {}
            }
        }
        page
    }

    fn take(&mut self, tag: &StartTag<()>) {
        let attribute = |name: &[u8]| tag.attributes.get(name).map(|value| text_of(value));
        if &**tag.name == b"script"
            && let Some(src) = attribute(b"src")
        {
            self.scripts.push(Loaded { src, has_integrity: attribute(b"integrity").is_some() });
        }
        if &**tag.name == b"meta"
            && attribute(b"http-equiv")
                .is_some_and(|name| name.eq_ignore_ascii_case("content-security-policy"))
        {
            self.policies.extend(attribute(b"content"));
        }
        let classes = attribute(b"class").unwrap_or_default();
        let is_there = |class: &&str| classes.split_ascii_whitespace().any(|each| each == *class);
        if let Some(class) = CLASSES.into_iter().find(is_there) {
            let data = tag.attributes.iter().filter_map(|(name, value)| {
                let name = text_of(name).strip_prefix("data-")?.to_owned();
                Some((name, text_of(value)))
            });
            self.elements.push(Element { class, data: data.collect() });
        }
        for (name, value) in &tag.attributes {
            if name.starts_with(b"on") {
                self.code(&text_of(value));
            }
        }
    }

    fn code(&mut self, text: &str) {
        self.text.push_str(text);
        self.text.push('\n');
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
