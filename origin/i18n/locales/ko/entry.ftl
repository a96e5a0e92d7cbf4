# The pages before log-in.

field-name = 이름
field-email = 이메일 주소
field-password = 비밀번호
field-password-hint = 10자 이상이어야 합니다. 서로 관계없는 낱말 몇 개를 이으면 좋습니다.
field-name-missing = 이름을 적어 주세요.
field-name-lines = 이름은 한 줄로 적어 주세요.
field-name-long = 이름은 100자까지 적을 수 있습니다.
widget-edge-away = 사람과 프로그램을 구별하는 서비스에 지금 닿을 수 없습니다. 그것 없이도 이용할 수 있으며, 돌아올 때까지는 시도 횟수를 더 적게 받습니다.
widget-no-script = JavaScript 없이도 이용할 수 있습니다. 다만 시도 횟수를 더 적게 받습니다.
widget-token-refused = 사람인지 확인한 것이 너무 오래되었거나 이미 사용되었습니다. 아래에서 다시 확인하니 양식을 한 번 더 보내 주세요.

sign-up-title = 가입
sign-up-has-account = 이미 계정이 있으신가요?
sign-up-check-email = 메일함을 확인해 주세요
sign-up-sent-html = <b>{ $email }</b>(으)로 메일을 보냈습니다. 이틀 안에 메일에 있는 링크를 열어 주소를 확인해 주세요.
sign-up-mailbox = 이 개발용 컴퓨터의 메일함 보기
sign-up-none-came = 몇 분이 지나도 오지 않으면 스팸 메일함을 살펴봐 주세요.
sign-up-again = 다시 가입하기

confirm-title = 주소 확인
confirm-submit = 확인하고 로그인
confirm-wrong = 가입할 때 정한 비밀번호가 아닙니다.
confirm-again = 다시 가입해서 비밀번호 새로 정하기
confirm-lead-html = <b>{ $email }</b> 계정으로 가입할 때 정한 비밀번호를 적으면 바로 시작할 수 있습니다.

recover-title = 비밀번호를 잊으셨나요
recover-submit = 링크 받기
recover-choose = 새 비밀번호 정하기
recover-new-password = 새 비밀번호
recover-set = 비밀번호를 정하고 로그인
recover-sent-html = <b>{ $email }</b>에 계정이 있다면 메일을 보냈습니다. 메일에 있는 링크는 한 시간 동안 쓸 수 있습니다.
recover-account-html = <b>{ $email }</b> 계정의 비밀번호입니다. 모든 곳에서 로그아웃되고, 직접 만드신 API 키는 폐기되어 그 키를 쓰는 프로그램이 멈춥니다.

invitation-title = 초대를 받으셨습니다
invitation-join = 함께하기
invitation-create = 계정을 만들고 함께하기
invitation-heading = { $organisation }에 함께하기
invitation-role-html = <b>{ $role }</b> 역할로 초대되셨습니다.
invitation-has-account-html = <b>{ $email }</b>에는 이미 계정이 있습니다. 그 계정으로 로그인한 다음 메일의 링크를 다시 열어 주세요.
invitation-another-html = 이 초대는 <b>{ $email }</b>의 것인데 다른 주소로 로그인되어 있습니다. 로그아웃한 다음 메일의 링크를 다시 열어 주세요.
invitation-sign-up-html = <b>{ $email }</b>의 계정을 만듭니다.

log-in-forgotten = 비밀번호를 잊으셨나요?
log-in-no-account = 아직 계정이 없으신가요?
log-in-wrong = 주소나 비밀번호가 맞지 않습니다.
log-in-passkey = 패스키로 로그인
log-in-passkey-error = 패스키를 쓰지 못했습니다. 브라우저나 기기가 중단했거나 시간이 너무 오래 걸렸습니다. 바뀐 것은 없습니다. 다시 시도하거나 다른 방법을 써 주세요.
log-in-demo-html = 이 컴퓨터에는 데모 계정이 있습니다. 주소 <code>{ $email }</code>, 비밀번호 <code>{ $password }</code>

code-title = 2단계 인증
code-passkey = 패스키 사용
code-field = 코드
code-from-app = 인증 앱에 나오는 여섯 자리 숫자나 복구 코드 하나를 적어 주세요.
code-from-paper = 복구 코드 하나를 적어 주세요. 코드마다 한 번만 쓸 수 있습니다.
code-wrong = 코드가 맞지 않거나 이미 사용되었습니다. 다음 코드를 기다려 주세요.
code-no-script = 이 브라우저에서 패스키를 쓰려면 JavaScript가 필요합니다.
