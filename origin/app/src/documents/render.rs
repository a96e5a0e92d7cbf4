//! Markdown to HTML: GitHub's tables and anchors, links between pages as paths
//! of the console, tables and code that scroll separately. HTML within the
//! Markdown is shown as text: no page of ours has any.

use std::mem;

use pulldown_cmark::{CowStr, Event, HeadingLevel, Options, Parser, Tag, TagEnd, html};

use super::slug::Anchors;
use super::{Document, Section};

const BASE: &str = "/docs/";

/// Folders of `docs/` with pages; `build.rs` has them as well.
const FOLDERS: [&str; 4] = ["deploy", "migrate", "protocol", "reports"];

pub fn page(name: &'static str, markdown: &str) -> Document {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH | Options::ENABLE_FOOTNOTES;
    let folder = FOLDERS
        .into_iter()
        .find(|it| name.strip_prefix(it).is_some_and(|rest| rest.starts_with('-')));
    let mut page = Page { folder, ..Page::default() };
    for event in Parser::new_ext(markdown, options) {
        page.take(event);
    }
    let mut html = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut html, page.events.into_iter());
    let title = if page.title.is_empty() { name.to_owned() } else { page.title };
    Document { name, title, summary: page.summary, html, sections: page.sections }
}

#[derive(Default)]
struct Page<'a> {
    /// The folder of `docs/` that it is in.
    folder: Option<&'static str>,
    events: Vec<Event<'a>>,
    anchors: Anchors,
    title: String,
    summary: String,
    sections: Vec<Section>,
    tables: usize,
    heading: Option<Vec<Event<'a>>>,
    /// Whether the first paragraph is being collected.
    summing: bool,
}

impl<'a> Page<'a> {
    fn take(&mut self, event: Event<'a>) {
        let event = plain(self.folder, event);
        if let Some(text) = text_of(&event).filter(|_| self.summing) {
            self.summary.push_str(text);
        }
        match event {
            Event::Start(Tag::Heading { .. }) => self.heading = Some(Vec::new()),
            Event::End(TagEnd::Heading(level)) => self.end_heading(level),
            event if self.heading.is_some() => {
                self.heading.get_or_insert_default().push(event);
            }
            Event::Start(Tag::Paragraph) => {
                self.summing = self.summary.is_empty();
                self.events.push(Event::Start(Tag::Paragraph));
            }
            Event::End(TagEnd::Paragraph) => {
                self.summing = false;
                self.events.push(Event::End(TagEnd::Paragraph));
            }
            Event::Start(Tag::Table(alignment)) => {
                self.tables += 1;
                let open = self.open_table();
                self.events.push(Event::Html(open.into()));
                self.events.push(Event::Start(Tag::Table(alignment)));
            }
            Event::End(TagEnd::Table) => {
                self.events.push(Event::End(TagEnd::Table));
                self.events.push(Event::Html("</div>\n".into()));
            }
            Event::Start(Tag::CodeBlock(_)) => {
                self.events.push(Event::Html("<pre tabindex=\"0\"><code>".into()));
            }
            Event::End(TagEnd::CodeBlock) => {
                self.events.push(Event::Html("</code></pre>\n".into()));
            }
            event => self.events.push(event),
        }
    }

    /// A table that is wider than the page scrolls separately, also by
    /// keyboard.
    fn open_table(&self) -> String {
        let last = self.sections.last();
        let within = last.and_then(|section| section.parts.last()).or(last);
        let heading = within.map_or(self.title.as_str(), |section| section.title.as_str());
        let label = escaped(&format!("{heading}, table {}", self.tables));
        format!("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\">\n")
    }

    /// A heading is a link to itself, unless it contains one already.
    fn end_heading(&mut self, level: HeadingLevel) {
        let content = mem::take(&mut self.heading).unwrap_or_default();
        let title: String = content.iter().filter_map(text_of).collect();
        let anchor = self.anchors.next(&title);
        let has_link = content.iter().any(|event| matches!(event, Event::Start(Tag::Link { .. })));
        let (open, close) = if has_link || level == HeadingLevel::H1 {
            (String::new(), "")
        } else {
            (format!("<a class=\"anchor\" href=\"#{}\">", escaped(&anchor)), "</a>")
        };
        let open = format!("<{level} id=\"{}\">{open}", escaped(&anchor));
        self.events.push(Event::Html(open.into()));
        self.events.extend(content);
        self.events.push(Event::Html(format!("{close}</{level}>\n").into()));
        let section = Section { anchor, title, parts: Vec::new() };
        match (level, self.sections.last_mut()) {
            (HeadingLevel::H1, _) => self.title = section.title,
            (HeadingLevel::H2, _) | (HeadingLevel::H3, None) => self.sections.push(section),
            (HeadingLevel::H3, Some(within)) => within.parts.push(section),
            _ => {}
        }
    }
}

/// Without HTML, and with links as paths of the console.
fn plain<'a>(folder: Option<&str>, event: Event<'a>) -> Event<'a> {
    match event {
        Event::Html(html) | Event::InlineHtml(html) if html.trim_start().starts_with("<!--") => {
            Event::Text(CowStr::Borrowed(""))
        }
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = link(folder, &dest_url).map_or(dest_url, CowStr::from);
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        event => event,
    }
}

/// `errors.md#codes`, and `docs/errors.md#codes` of a page outside the folder, as
/// `/docs/errors#codes`, `migrate/turnstile.md` as `/docs/migrate-turnstile`, which a
/// page of the same folder calls `turnstile.md`; `None` for other links.
fn link(folder: Option<&str>, to: &str) -> Option<String> {
    if to.starts_with('#') || to.contains(':') {
        return None;
    }
    let (file, anchor) = to.split_once('#').map_or((to, None), |(file, it)| (file, Some(it)));
    let within = folder.filter(|_| !file.starts_with("../"));
    let before = within.map_or_else(String::new, |folder| format!("{folder}-"));
    let file = file.trim_start_matches("../");
    let file = file.strip_prefix("docs/").unwrap_or(file);
    let page = file.strip_suffix(".md").unwrap_or(file).replace('/', "-");
    let anchor = anchor.map_or_else(String::new, |anchor| format!("#{anchor}"));
    Some(format!("{BASE}{before}{page}{anchor}"))
}

fn text_of<'e>(event: &'e Event<'_>) -> Option<&'e str> {
    match event {
        Event::Text(text) | Event::Code(text) => Some(text),
        Event::SoftBreak | Event::HardBreak => Some(" "),
        _ => None,
    }
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            char => out.push(char),
        }
    }
    out
}
