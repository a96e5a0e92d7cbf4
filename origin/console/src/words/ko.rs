//! Korean.

mod entry;
mod home;
mod trouble;

pub use trouble::of as trouble;

use super::{Around, Docs, Part, States, Status, Unwell, Words};

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
        unwell: Unwell {
            mail: "지금은 메일이 나가지 않습니다. 보낼 메일은 보관해 두었다가 다시 되면 바로 보냅니다.",
            edge: "지금은 엣지가 응답하지 않습니다. 여기서 바꾼 내용은 저장되며, 엣지가 다시 응답하면 반영됩니다.",
            cache: "속도를 높여 주는 부분이 지금 응답하지 않습니다. 모두 그대로 작동하지만, 종료한 세션이 30초까지 이어질 수 있습니다.",
        },
    },
    home: home::HOME,
    attempt: home::ATTEMPT,
    status: Status {
        title: "상태",
        of_whole: States {
            ok: "모두 잘 작동하고 있습니다.",
            degraded: "방문자는 그대로 이용할 수 있지만, 뒤에 있는 일부가 원활하지 않습니다.",
            starting: "이 서버가 방금 켜져서 아직 상태를 확인하고 있습니다.",
            down: "지금은 방문자가 이용할 수 없습니다.",
        },
        columns: ["구성 요소", "상태", "시작 시각"],
        of_part: States {
            ok: "정상",
            degraded: "원활하지 않음",
            starting: "확인 중",
            down: "멈춤",
        },
        postgres: Part {
            name: "기록",
            purpose: "계정, 설정, 통계를 보관합니다. 방문자에게는 필요하지 않습니다.",
        },
        edge: Part { name: "엣지", purpose: "위젯과 siteverify를 맡습니다." },
        mail: Part {
            name: "메일",
            purpose: "주소를 확인하는 메일을 보냅니다. 밀린 메일은 기다렸다가 나중에 갑니다.",
        },
        cache: Part {
            name: "캐시",
            purpose: "콘솔의 속도를 높입니다. 멈추면 기록이 그 일을 대신합니다.",
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
