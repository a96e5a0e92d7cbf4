//! Switching to Munjigi: what a page uses of another vendor, read from its
//! HTML, and what has to change. Nothing is executed: what a page's own scripts
//! do later is inferred from the names of the functions in them.

mod page;
mod vendors;

use munjigi_captcha::Vendor;
use munjigi_delivery::edge;
use reqwest::Url;
use serde::Serialize;

use page::{Element, Loaded, Page};
use vendors::{Facts, VENDORS};

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The page's address after redirects.
    pub page: String,
    /// The vendors that it uses.
    pub vendors: Vec<Use>,
    /// Number of the page's scripts that were not read.
    pub other_scripts: usize,
}

/// A vendor that a page uses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// `turnstile`, `hcaptcha` or `recaptcha`.
    pub vendor: &'static str,
    /// Addresses to change, in the page and in its back end.
    pub changes: Vec<Change>,
    /// The vendor's parameters in the script's address.
    pub parameters: Vec<Setting>,
    /// The elements with its class.
    pub widgets: Vec<Widget>,
    /// Its functions that the page's own scripts name.
    pub functions: Vec<Setting>,
    /// What else has to be checked.
    pub remarks: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Change {
    /// Where: `page`, `policy` or `back end`.
    pub place: &'static str,
    pub from: String,
    pub to: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Widget {
    /// Its sitekey, if it has one.
    pub sitekey: Option<String>,
    pub options: Vec<Setting>,
}

/// An option, a parameter or a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Setting {
    pub name: String,
    /// Its value; empty for a function.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub value: String,
    /// What is different with Munjigi; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<&'static str>,
}

/// Reads a page. `policy` is its `Content-Security-Policy`, empty without one;
/// `edge` is the address that the page is to load from.
pub fn inspect(url: &Url, html: &str, policy: &str, edge: &Url) -> Report {
    let page = Page::read(html);
    let mut taken = 0;
    let mut uses = Vec::new();
    for facts in &VENDORS {
        let scripts: Vec<(Url, &Loaded)> = page
            .scripts
            .iter()
            .filter_map(|script| Some((url.join(&script.src).ok()?, script)))
            .filter(|(address, _)| facts.is_loader(address))
            .collect();
        taken += scripts.len();
        if !scripts.is_empty() {
            uses.push((facts, scripts));
        }
    }
    // If the pages of two vendors use the same class, the first one draws it.
    let mut free: Vec<&Element> = page.elements.iter().collect();
    let vendors = uses
        .into_iter()
        .map(|(facts, scripts)| {
            let is_drawn = |element: &&Element| facts.draws(element, &scripts);
            let (own, rest): (Vec<_>, Vec<_>) = free.iter().copied().partition(is_drawn);
            free = rest;
            use_of(facts, &scripts, &own, &page, policy, edge)
        })
        .collect();
    Report { page: url.to_string(), vendors, other_scripts: page.scripts.len() - taken }
}

/// The addresses that change for a vendor's customer, of the script and of
/// siteverify: the vendor's, and the one at an edge's address.
pub fn addresses(vendor: Vendor, edge: &str) -> [(String, String); 2] {
    let [recaptcha, hcaptcha, turnstile] = &VENDORS;
    let facts = match vendor {
        Vendor::Recaptcha => recaptcha,
        Vendor::Hcaptcha => hcaptcha,
        Vendor::Turnstile => turnstile,
    };
    let (script, path) = facts.script();
    let (siteverify, siteverify_path) = facts.siteverify;
    [(script, [edge, path].concat()), (siteverify.to_owned(), [edge, siteverify_path].concat())]
}

fn use_of(
    facts: &Facts,
    scripts: &[(Url, &Loaded)],
    elements: &[&Element],
    page: &Page,
    policy: &str,
    edge: &Url,
) -> Use {
    let mut changes: Vec<Change> = scripts
        .iter()
        .map(|(address, script)| Change {
            place: "page",
            from: script.src.clone(),
            to: facts.moved(address, edge),
        })
        .collect();
    let policies = core::iter::once(policy).chain(page.policies.iter().map(String::as_str));
    for source in facts.named_in(policies) {
        changes.push(Change { place: "policy", from: source, to: origin(edge) });
    }
    let (from, path) = facts.siteverify;
    changes.push(Change {
        place: "back end",
        from: from.to_owned(),
        to: [edge::address(edge), path].concat(),
    });
    let parameters = scripts.iter().flat_map(|(address, _)| address.query_pairs());
    let parameters =
        parameters.map(|(name, value)| facts.parameter(&name, value.into_owned())).collect();
    let functions = facts.functions_in(&page.text);
    Use {
        vendor: facts.name,
        changes,
        parameters,
        widgets: elements.iter().map(|element| facts.widget(element)).collect(),
        remarks: vendors::remarks(scripts, elements, &functions),
        functions,
    }
}

/// `https://host[:port]`.
fn origin(edge: &Url) -> String {
    edge.origin().ascii_serialization()
}

#[cfg(test)]
mod tests;
