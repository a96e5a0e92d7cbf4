//! The texts of the home page and its demo.

/// `/`.
#[derive(Debug)]
pub struct Home {
    pub headline: &'static str,
    /// Paragraph below the headline.
    pub lead: &'static str,
    /// Link for users who are logged in.
    pub to_console: &'static str,
    /// Heading of the demo.
    pub try_it: &'static str,
    /// What the demo does.
    pub try_lead: &'static str,
    /// The demo's field.
    pub comment: &'static str,
    /// What happens to the comment.
    pub comment_hint: &'static str,
    /// Button.
    pub send: &'static str,
    /// If scripts are off.
    pub no_script: &'static str,
    /// If no demo is set up; markup.
    pub no_demo_markup: &'static str,
    /// Heading of the snippets.
    pub two_lines: &'static str,
    /// Before the HTML.
    pub on_the_page: &'static str,
    /// Before the POST.
    pub in_the_back_end: &'static str,
    /// Link to the page on integration.
    pub more: &'static str,
    /// Heading of what it does.
    pub does: &'static str,
    pub does_points: [Point; 5],
    /// Heading of what it does not do.
    pub does_not: &'static str,
    pub does_not_points: [Point; 5],
    pub figures: Figures,
    /// Heading of the links to the documents.
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
    pub title: &'static str,
    /// What the figures are.
    pub lead: &'static str,
    /// Columns: what, how much, when, by which command.
    pub columns: [&'static str; 4],
    /// Heading of the rows about visitors.
    pub visitors: &'static str,
    /// Heading of the rows about the service.
    pub service: &'static str,
    /// Heading of the rows about attackers.
    pub attackers: &'static str,
    /// Before the machine.
    pub machine: &'static str,
    /// Link to how the picture-solving programs were built.
    pub attacks: &'static str,
}

/// `/demo`: what siteverify said about a token.
#[derive(Debug)]
pub struct Attempt {
    pub title: &'static str,
    /// The token was valid.
    pub passed: &'static str,
    /// The token was refused.
    pub refused: &'static str,
    /// Siteverify did not respond.
    pub away: &'static str,
    /// Before the request.
    pub asked: &'static str,
    /// Before the response.
    pub answered: &'static str,
    /// Button that sends the same token again.
    pub again: &'static str,
    /// What happens then.
    pub again_hint: &'static str,
    /// Back to the demo.
    pub restart: &'static str,
}
