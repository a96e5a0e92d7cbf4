//! The texts of the home page and its demo.

/// `/`.
#[derive(Debug)]
pub struct Home {
    /// What it is about.
    pub headline: &'static str,
    /// What it is.
    pub lead: &'static str,
    /// The way in for who is logged in.
    pub to_console: &'static str,
    /// Above the demo.
    pub try_it: &'static str,
    /// What the demo does.
    pub try_lead: &'static str,
    /// The demo's field.
    pub comment: &'static str,
    /// What becomes of it.
    pub comment_hint: &'static str,
    /// Sends the form.
    pub send: &'static str,
    /// Without scripts.
    pub no_script: &'static str,
    /// Where none is set up; markup.
    pub no_demo_markup: &'static str,
    /// Above the snippets.
    pub two_lines: &'static str,
    /// Before the HTML.
    pub on_the_page: &'static str,
    /// Before the POST.
    pub in_the_back_end: &'static str,
    /// Link to the page on integration.
    pub more: &'static str,
    /// Above what it does.
    pub does: &'static str,
    /// What it does.
    pub does_points: [Point; 5],
    /// Above what it does not.
    pub does_not: &'static str,
    /// What it does not do.
    pub does_not_points: [Point; 5],
    /// The table of figures.
    pub figures: Figures,
    /// Above the documents.
    pub read_on: &'static str,
}

/// A point with its explanation.
#[derive(Debug)]
pub struct Point {
    /// In a few words.
    pub title: &'static str,
    /// In a few sentences.
    pub text: &'static str,
}

/// The table of figures.
#[derive(Debug)]
pub struct Figures {
    /// Above it.
    pub title: &'static str,
    /// What they are.
    pub lead: &'static str,
    /// Columns: what, how much, when, by which command.
    pub columns: [&'static str; 4],
    /// Rows about visitors.
    pub visitors: &'static str,
    /// Rows about the service.
    pub service: &'static str,
    /// Rows about attackers.
    pub attackers: &'static str,
    /// Before the machine.
    pub machine: &'static str,
    /// Link to how programs were made to pass.
    pub attacks: &'static str,
}

/// `/demo`: what siteverify said of a try.
#[derive(Debug)]
pub struct Attempt {
    /// Its heading.
    pub title: &'static str,
    /// The token was good.
    pub passed: &'static str,
    /// It was not.
    pub refused: &'static str,
    /// Nothing was answered.
    pub away: &'static str,
    /// Before what was asked.
    pub asked: &'static str,
    /// Before what was answered.
    pub answered: &'static str,
    /// Sends the same token.
    pub again: &'static str,
    /// What happens then.
    pub again_hint: &'static str,
    /// Back to the demo.
    pub restart: &'static str,
}
