# 모든 페이지의 틀, /status, /docs, 그리고 여러 페이지가 함께 쓰는 글.

language-name = 한국어
brand = 문지기

frame-skip = 본문으로 건너뛰기
frame-account = 계정
frame-log-in = 로그인
frame-sign-up = 가입
frame-log-out = 로그아웃
frame-console = 콘솔
frame-about = 서비스 안내
frame-documentation = 문서
frame-status = 상태
frame-data = 보관하는 정보
frame-mail-away = 지금은 메일이 나가지 않습니다. 보낼 메일은 보관해 두었다가 다시 되면 바로 보냅니다.
frame-edge-away = 지금은 엣지가 응답하지 않습니다. 여기서 바꾼 내용은 저장되며, 엣지가 다시 응답하면 반영됩니다.
frame-cache-away = 속도를 높여 주는 부분이 지금 응답하지 않습니다. 모두 그대로 작동하지만, 종료한 세션이 30초까지 이어질 수 있습니다.

status-title = 상태
status-all-ok = 모두 잘 작동하고 있습니다.
status-all-degraded = 방문자는 그대로 이용할 수 있지만, 뒤에 있는 일부가 원활하지 않습니다.
status-all-starting = 이 서버가 방금 켜져서 아직 상태를 확인하고 있습니다.
status-all-down = 지금은 방문자가 이용할 수 없습니다.
status-component = 구성 요소
status-state = 상태
status-since = 시작 시각
status-ok = 정상
status-degraded = 원활하지 않음
status-starting = 확인 중
status-down = 멈춤
status-part-postgres = 기록
status-purpose-postgres = 계정, 설정, 통계를 보관합니다. 방문자에게는 필요하지 않습니다.
status-part-edge = 엣지
status-purpose-edge = 위젯과 siteverify를 맡습니다.
status-part-mail = 메일
status-purpose-mail = 주소를 확인하는 메일을 보냅니다. 밀린 메일은 기다렸다가 나중에 갑니다.
status-part-cache = 캐시
status-purpose-cache = 콘솔의 속도를 높입니다. 멈추면 기록이 그 일을 대신합니다.
status-part-gpu-backend = 그림
status-purpose-gpu-backend = 새 그림을 그립니다. 미리 그려 둔 그림은 계속 나갑니다.
status-checked-html = 마지막 확인: <time datetime="{ $iso }">{ $at }</time>. 응답하는 서버가 10초마다 확인하며, 시작 시각은 그 서버가 켜진 뒤부터 압니다.
status-json = JSON으로 보기

docs-title = 문서
docs-lead = 여기서 돌아가는 버전 { $version }의 문서입니다.
docs-language = 문서는 영어로 쓰여 있습니다.
docs-contents = 이 문서의 차례

role-owner = 소유자
role-admin = 관리자
role-analyst = 분석가
role-read-only = 읽기 전용
role-meaning-owner = 조직과 소유자까지 모든 것을 다룹니다.
role-meaning-admin = 소유자를 뺀 사람들과 사이트, 비밀 키를 다룹니다.
role-meaning-analyst = 모든 것을 읽고 내보내며, 규칙과 목록을 바꿉니다.
role-meaning-read-only = 사이트와 그 수치를 읽습니다.

email-empty = 이메일 주소를 적어 주세요.
email-too-long = 이메일 주소는 254자까지 적을 수 있습니다.
email-not-ascii = 로마자와 숫자, 기호로 된 주소를 적어 주세요.
email-form = 이메일 주소가 아닙니다. name@shop.example처럼 적어 주세요.

password-too-short = 비밀번호는 { $fewest }자 이상이어야 합니다.
password-too-long = 비밀번호는 { $most }바이트까지 적을 수 있습니다.
password-weak =
    { $why ->
        [keyboard-row] 자판에 나란히 놓인 글쇠는 알아내기 쉽습니다.
        [keyboard-pattern] 자판에서 짧게 이어지는 모양은 알아내기 쉽습니다.
        [repeated-letter] ‘aaa’처럼 되풀이되는 글자는 알아내기 쉽습니다.
        [repeated-word] ‘abcabcabc’처럼 되풀이해도 ‘abc’보다 그리 어려워지지 않습니다.
        [top-10] 가장 흔한 비밀번호 열 개에 드는 비밀번호입니다.
        [top-100] 가장 흔한 비밀번호 백 개에 드는 비밀번호입니다.
        [common] 아주 흔한 비밀번호입니다.
        [similar] 흔히 쓰는 비밀번호와 비슷합니다.
        [sequence] abc나 6543처럼 이어지는 글자는 알아내기 쉽습니다.
        [year] 최근 연도는 알아내기 쉽습니다.
        [word] 낱말 하나만으로는 알아내기 쉽습니다.
        [date] 날짜는 알아내기 쉬울 때가 많습니다.
        [name] 사람 이름만으로는 알아내기 쉽습니다.
        [common-name] 흔한 사람 이름은 알아내기 쉽습니다.
       *[unknown] 쉽게 알아낼 수 있는 비밀번호입니다.
    } 서로 관계없는 낱말 몇 개를 이으면 좋습니다.

passkey-unusable = 브라우저의 응답을 여기에서는 쓸 수 없습니다. 페이지를 새로 고친 다음 다시 시도해 주세요.
passkey-over = 시간이 너무 오래 걸렸거나 이미 처리되었습니다. 다시 시도해 주세요.
passkey-not-verified = 기기가 지문이나 얼굴, PIN으로 본인을 확인해야 합니다. 설정한 다음 다시 시도해 주세요.
passkey-unknown = 이 계정에 등록된 패스키가 아닙니다.
passkey-copied = 패스키가 복제된 것으로 보여 더는 받지 않습니다. 다른 방법으로 로그인해서 지워 주세요.
passkey-full = 그 기기에는 이미 이 계정의 패스키가 있거나, 패스키가 20개를 채웠습니다.

error-details-html = 코드 <code>{ $code }</code>, 요청 <code>{ $request }</code>.
error-home = 처음으로
error-not-found-title = 여기에는 아무것도 없습니다
error-not-found = 주소를 잘못 적었거나, 있던 것이 없어졌거나, 여러분이 속하지 않은 조직의 것입니다.
error-forbidden-title = 이 역할로는 할 수 없습니다
error-forbidden =
    이 조직에서 여러분의 역할은 { $role ->
        [owner] 소유자
        [admin] 관리자
        [analyst] 분석가
       *[read-only] 읽기 전용
    }이며, 이 일에는 다른 역할이 필요합니다. 역할은 조직의 소유자나 관리자가 바꿀 수 있습니다.
error-logged-out-title = 로그아웃되었습니다
error-logged-out = 바뀐 것은 없습니다. 로그인한 다음 양식을 다시 보내 주세요.
error-foreign-form-title = 이 양식은 받을 수 없습니다
error-foreign-form = 바뀐 것은 없습니다. 로그인하거나 로그아웃하기 전에 열어 둔 양식이거나, 쿠키가 꺼져 있거나, 다른 사이트에서 보낸 것입니다. 뒤로 가서 페이지를 새로 고친 다음 다시 보내 주세요.
error-link-gone-title = 이 링크는 이제 쓸 수 없습니다
error-link-gone = 이미 사용한 링크이거나 너무 오래되었습니다. 주소를 확인하셨다면 로그인하시고, 아니라면 다시 가입해 주세요.
error-sign-up-closed-title = 가입을 받지 않습니다
error-sign-up-closed = 계정은 초대를 받아 만듭니다. 이 서비스를 운영하는 분께 문의해 주세요.
error-too-many-sites-title = 사이트를 더 만들 수 없습니다
error-too-many-sites = 바뀐 것은 없습니다. 조직의 사이트가 한도인 { $most }개를 채웠습니다. 쓰지 않는 사이트를 삭제하거나 이 서비스를 운영하는 분께 문의해 주세요.
error-payload-too-large-title = 양식이 너무 깁니다
error-payload-too-large = 바뀐 것은 없습니다. 양식은 256 KiB까지 보낼 수 있습니다.
error-malformed-request-title = 양식을 읽을 수 없습니다
error-malformed-request = 바뀐 것은 없습니다. 뒤로 가서 페이지를 새로 고친 다음 다시 보내 주세요.
error-unavailable-title = 지금은 기록을 읽을 수 없습니다
error-unavailable = 바뀐 것은 없습니다. 여러분의 사이트는 그대로 작동합니다. 방문자와 siteverify에는 이 서버가 필요하지 않습니다. 잠시 뒤에 다시 시도해 주세요.
error-rate-limited-title = 잠시 기다려 주세요
error-rate-limited = 짧은 시간에 너무 많이 시도했습니다. { $minutes }분 뒤에 다시 시도해 주세요.
