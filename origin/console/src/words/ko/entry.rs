//! Korean: the pages before log-in.

use crate::words::{Code, Confirm, Fields, Invitation, LogIn, Recover, SignUp};

pub const FIELDS: Fields = Fields {
    name: "이름",
    email: "이메일 주소",
    password: "비밀번호",
    password_hint: "10자 이상이어야 합니다. 서로 관계없는 낱말 몇 개를 이으면 좋습니다.",
    name_missing: "이름을 적어 주세요.",
    name_of_lines: "이름은 한 줄로 적어 주세요.",
    name_long: "이름은 100자까지 적을 수 있습니다.",
    edge_away: "사람과 프로그램을 구별하는 서비스에 지금 닿을 수 없습니다. 그것 없이도 이용할 수 있으며, 돌아올 때까지는 시도 횟수를 더 적게 받습니다.",
    no_script: "JavaScript 없이도 이용할 수 있습니다. 다만 시도 횟수를 더 적게 받습니다.",
    token_refused: "사람인지 확인한 것이 너무 오래되었거나 이미 사용되었습니다. 아래에서 다시 확인하니 양식을 한 번 더 보내 주세요.",
};

pub const SIGN_UP: SignUp = SignUp {
    title: "가입",
    has_account: "이미 계정이 있으신가요?",
    look: "메일함을 확인해 주세요",
    sent: ["", "(으)로 메일을 보냈습니다. 이틀 안에 메일에 있는 링크를 열어 주소를 확인해 주세요."],
    mailbox: "이 개발용 컴퓨터의 메일함 보기",
    none_came: "몇 분이 지나도 오지 않으면 스팸 메일함을 살펴봐 주세요.",
    again: "다시 가입하기",
};

pub const CONFIRM: Confirm = Confirm {
    title: "주소 확인",
    lead: ["", " 계정으로 가입할 때 정한 비밀번호를 적으면 바로 시작할 수 있습니다."],
    submit: "확인하고 로그인",
    wrong: "가입할 때 정한 비밀번호가 아닙니다.",
    again: "다시 가입해서 비밀번호 새로 정하기",
};

pub const RECOVER: Recover = Recover {
    title: "비밀번호를 잊으셨나요",
    submit: "링크 받기",
    sent: [
        "",
        "에 계정이 있다면 메일을 보냈습니다. 메일에 있는 링크는 한 시간 동안 쓸 수 있습니다.",
    ],
    choose: "새 비밀번호 정하기",
    whose: [
        "",
        " 계정의 비밀번호입니다. 모든 곳에서 로그아웃되고, 직접 만드신 API 키는 폐기되어 그 키를 쓰는 프로그램이 멈춥니다.",
    ],
    new_password: "새 비밀번호",
    set: "비밀번호를 정하고 로그인",
};

pub const INVITATION: Invitation = Invitation {
    title: "초대를 받으셨습니다",
    heading: ["", "에 함께하기"],
    role: ["", " 역할로 초대되셨습니다."],
    join: "함께하기",
    has_account: [
        "",
        "에는 이미 계정이 있습니다. 그 계정으로 로그인한 다음 메일의 링크를 다시 열어 주세요.",
    ],
    another: [
        "이 초대는 ",
        "의 것인데 다른 주소로 로그인되어 있습니다. 로그아웃한 다음 메일의 링크를 다시 열어 주세요.",
    ],
    sign_up: ["", "의 계정을 만듭니다."],
    make: "계정을 만들고 함께하기",
    roles: [
        ["소유자", "조직과 소유자까지 모든 것을 다룹니다."],
        ["관리자", "소유자를 뺀 사람들과 사이트, 비밀 키를 다룹니다."],
        ["분석가", "모든 것을 읽고 내보내며, 규칙을 바꿉니다."],
        ["읽기 전용", "사이트와 그 수치를 읽습니다."],
    ],
};

pub const LOG_IN: LogIn = LogIn {
    forgotten: "비밀번호를 잊으셨나요?",
    no_account: "아직 계정이 없으신가요?",
    wrong: "주소나 비밀번호가 맞지 않습니다.",
    by_passkey: "패스키로 로그인",
    demo_account: ["이 컴퓨터에는 데모 계정이 있습니다. 주소 ", ", 비밀번호 "],
    passkey_trouble: "패스키를 쓰지 못했습니다. 브라우저나 기기가 중단했거나 시간이 너무 오래 걸렸습니다. 바뀐 것은 없습니다. 다시 시도하거나 다른 방법을 써 주세요.",
};

pub const CODE: Code = Code {
    title: "2단계 인증",
    by_passkey: "패스키 사용",
    digits: "코드",
    from_app: "인증 앱에 나오는 여섯 자리 숫자나 복구 코드 하나를 적어 주세요.",
    from_paper: "복구 코드 하나를 적어 주세요. 코드마다 한 번만 쓸 수 있습니다.",
    wrong: "코드가 맞지 않거나 이미 사용되었습니다. 다음 코드를 기다려 주세요.",
    no_script: "이 브라우저에서 패스키를 쓰려면 JavaScript가 필요합니다.",
};
