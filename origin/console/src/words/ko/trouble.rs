//! Korean: pages that say why something cannot be done.

/// Heading and text, for the codes that users can meet before log-in.
pub fn of(code: &str, seconds: Option<u32>) -> Option<[String; 2]> {
    let [title, what] = match code {
        "not-found" => [
            "여기에는 아무것도 없습니다",
            "주소를 잘못 적었거나, 있던 것이 없어졌거나, 여러분이 속하지 않은 조직의 것입니다.",
        ],
        "logged-out" => {
            ["로그아웃되었습니다", "바뀐 것은 없습니다. 로그인한 다음 양식을 다시 보내 주세요."]
        }
        "foreign-form" => [
            "이 양식은 받을 수 없습니다",
            "바뀐 것은 없습니다. 로그인하거나 로그아웃하기 전에 열어 둔 양식이거나, 쿠키가 꺼져 있거나, 다른 사이트에서 보낸 것입니다. 뒤로 가서 페이지를 새로 고친 다음 다시 보내 주세요.",
        ],
        "link-gone" => [
            "이 링크는 이제 쓸 수 없습니다",
            "이미 사용한 링크이거나 너무 오래되었습니다. 주소를 확인하셨다면 로그인하시고, 아니라면 다시 가입해 주세요.",
        ],
        "sign-up-closed" => [
            "가입을 받지 않습니다",
            "계정은 초대를 받아 만듭니다. 이 서비스를 운영하는 분께 문의해 주세요.",
        ],
        "payload-too-large" => {
            ["양식이 너무 깁니다", "바뀐 것은 없습니다. 양식은 128 KiB까지 보낼 수 있습니다."]
        }
        "malformed-request" => [
            "양식을 읽을 수 없습니다",
            "바뀐 것은 없습니다. 뒤로 가서 페이지를 새로 고친 다음 다시 보내 주세요.",
        ],
        "unavailable" => [
            "지금은 기록을 읽을 수 없습니다",
            "바뀐 것은 없습니다. 여러분의 사이트는 그대로 작동합니다. 방문자와 siteverify에는 이 서버가 필요하지 않습니다. 잠시 뒤에 다시 시도해 주세요.",
        ],
        "rate-limited" => {
            let minutes = seconds.unwrap_or_default().div_ceil(60).max(1);
            return Some([
                "잠시 기다려 주세요".to_owned(),
                format!("짧은 시간에 너무 많이 시도했습니다. {minutes}분 뒤에 다시 시도해 주세요."),
            ]);
        }
        _ => return None,
    };
    Some([title.to_owned(), what.to_owned()])
}
