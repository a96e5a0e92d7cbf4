//! Programs that show a link as a card with a title and a picture. They solve
//! nothing, so that a rule about paths lets a few of their requests through. A
//! name proves nothing: how many is up to [`Loads`](super::Loads).

/// What their user agents contain, as their makers document them. Others send one
/// of these too: iMessage, LINE and `KakaoTalk` that of Facebook, Signal that of
/// WhatsApp, Teams that of Skype.
const NAMES: [&str; 14] = [
    "facebookexternalhit/",
    "Twitterbot/",
    "Slackbot",
    "Slack-ImgProxy",
    "Discordbot/",
    "TelegramBot",
    "WhatsApp/",
    "LinkedInBot/",
    "SkypeUriPreview",
    "Mastodon/",
    "Bluesky Cardyb/",
    "redditbot/",
    "Synapse (bot;",
    "Iframely/",
];

/// Whether a user agent is that of a program that makes link previews.
pub fn is_link_preview(user_agent: &str) -> bool {
    NAMES.iter().any(|name| user_agent.contains(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_make_previews_are_known_and_browsers_are_not_taken_for_them() {
        for agent in [
            "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
            "facebookexternalhit/1.1; kakaotalk-scrap/1.0; +https://devtalk.kakao.com/t/scrap/33984",
            "facebookexternalhit/1.1;line-poker/1.0",
            "Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com",
            "Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; mailto:support@bsky.app)",
            "Mastodon/4.5.2 (http.rb/5.3.1; +https://mastodon.example/) Bot",
        ] {
            assert!(is_link_preview(agent), "{agent}");
        }
        // The browsers of the same applications.
        for agent in [
            "",
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/142.0.0.0 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.76;]",
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 LinkedInApp",
            "Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Mobile Safari/537.36 Telegram-Android/12.1",
        ] {
            assert!(!is_link_preview(agent), "{agent}");
        }
    }
}
