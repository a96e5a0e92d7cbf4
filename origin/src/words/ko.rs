//! Korean.

mod entry;
mod home;
mod trouble;

pub use trouble::of as trouble;

use super::{Around, Docs, Part, Status, Words};

pub const WORDS: Words = Words {
    around: Around {
        brand: "문지기",
        skip: "본문으로 건너뛰기",
        account: "계정",
        log_in: "로그인",
        sign_up: "가입",
        log_out: "로그아웃",
        console: "콘솔",
        about: "서비스 안내",
        documentation: "문서",
        status: "상태",
        code_and_request: ["코드", "요청"],
        to_start: "처음으로",
        kept: "보관하는 정보",
        language: "한국어",
    },
    home: home::HOME,
    attempt: home::ATTEMPT,
    status: Status {
        title: "상태",
        ok: "모두 잘 작동하고 있습니다.",
        degraded: "방문자는 그대로 이용할 수 있지만, 뒤에 있는 일부가 원활하지 않습니다.",
        down: "지금은 방문자가 이용할 수 없습니다.",
        columns: ["구성 요소", "상태", "시작 시각"],
        part_ok: "정상",
        part_degraded: "원활하지 않음",
        part_down: "멈춤",
        postgres: Part {
            name: "기록",
            purpose: "계정, 설정, 통계를 보관합니다. 방문자에게는 필요하지 않습니다.",
        },
        edge: Part { name: "엣지", purpose: "위젯과 siteverify를 맡습니다." },
        mail: Part {
            name: "메일",
            purpose: "주소를 확인하는 메일을 보냅니다. 밀린 메일은 기다렸다가 나중에 갑니다.",
        },
        gpu_backend: Part {
            name: "그림",
            purpose: "새 그림을 그립니다. 미리 그려 둔 그림은 계속 나갑니다.",
        },
        looked_at: [
            "마지막 확인: ",
            ". 응답하는 서버가 10초마다 확인하며, 시작 시각은 그 서버가 켜진 뒤부터 압니다.",
        ],
        as_json: "JSON으로 보기",
    },
    docs: Docs {
        title: "문서",
        lead: ["여기서 돌아가는 버전 ", "의 문서입니다."],
        language: Some("문서는 영어로 쓰여 있습니다."),
        contents: "이 문서의 차례",
    },
    fields: entry::FIELDS,
    sign_up: entry::SIGN_UP,
    log_in: entry::LOG_IN,
    code: entry::CODE,
    confirm: entry::CONFIRM,
    recover: entry::RECOVER,
    invitation: entry::INVITATION,
};
