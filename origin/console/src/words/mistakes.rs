//! Mistakes in the input. The English texts are the errors' own.

use munjigi_domain::accounts::email::EmailError;
use munjigi_domain::accounts::passkey::PasskeyError;
use munjigi_domain::accounts::password::PasswordError;
use munjigi_i18n::Locale;

pub fn of_email(locale: Locale, error: EmailError) -> String {
    match locale.as_str() {
        "en" => error.to_string(),
        _ => match error {
            EmailError::Empty => "이메일 주소를 적어 주세요.",
            EmailError::TooLong => "이메일 주소는 254자까지 적을 수 있습니다.",
            EmailError::NotAscii => "로마자와 숫자, 기호로 된 주소를 적어 주세요.",
            EmailError::Form => "이메일 주소가 아닙니다. name@shop.example처럼 적어 주세요.",
        }
        .to_owned(),
    }
}

/// Why a password is weak is explained only in English.
pub fn of_password(locale: Locale, error: &PasswordError) -> String {
    match locale.as_str() {
        "en" => error.to_string(),
        _ => match error {
            PasswordError::TooShort => "비밀번호는 10자 이상이어야 합니다.",
            PasswordError::TooLong => "비밀번호는 256바이트까지 적을 수 있습니다.",
            PasswordError::Weak(_) => {
                "쉽게 알아낼 수 있는 비밀번호입니다. 서로 관계없는 낱말 몇 개를 이으면 좋습니다."
            }
        }
        .to_owned(),
    }
}

pub fn of_passkey(locale: Locale, error: PasskeyError) -> &'static str {
    match locale.as_str() {
        "en" => error.words(),
        _ => match error {
            PasskeyError::Malformed | PasskeyError::ForeignOrigin | PasskeyError::ForeignSite => {
                "브라우저의 응답을 여기에서는 쓸 수 없습니다. 페이지를 새로 고친 다음 다시 시도해 주세요."
            }
            PasskeyError::Over => {
                "시간이 너무 오래 걸렸거나 이미 처리되었습니다. 다시 시도해 주세요."
            }
            PasskeyError::NotVerified => {
                "기기가 지문이나 얼굴, PIN으로 본인을 확인해야 합니다. 설정한 다음 다시 시도해 주세요."
            }
            PasskeyError::Unknown => "이 계정에 등록된 패스키가 아닙니다.",
            PasskeyError::Copied => {
                "패스키가 복제된 것으로 보여 더는 받지 않습니다. 다른 방법으로 로그인해서 지워 주세요."
            }
            PasskeyError::Full => {
                "그 기기에는 이미 이 계정의 패스키가 있거나, 패스키가 20개를 채웠습니다."
            }
        },
    }
}
