# The home page and its demo.

home-headline = 사람은 지나가고, 봇은 값을 치릅니다.
home-lead = 문지기(Munjigi)는 직접 운영하는 CAPTCHA 서비스입니다. 방문자의 브라우저가 뒤에서 짧은 퍼즐을 풀고, 백엔드는 POST 한 번으로 토큰을 확인합니다. 읽거나 듣거나 눌러야 할 것이 없습니다. 쿠키도, 오래 남는 지문도, 저장되는 주소도 없습니다.
home-to-console = 콘솔로 가기
home-try = 직접 해 보기
home-try-lead = 이 서비스의 엣지가 내보내는 실제 위젯입니다. 아무 글이나 적어 보내면, 이 서버가 siteverify에 토큰을 물어보고 그 답을 그대로 보여 드립니다.
home-comment = 댓글
home-comment-hint = 저장하지 않습니다.
home-send = 보내기
home-no-script = 위젯에는 JavaScript가 필요합니다. 이 사이트의 나머지는 JavaScript 없이도 됩니다.
home-no-demo-html = 이 서버에는 데모가 설정되어 있지 않습니다. 소스에서 <code>scripts/dev</code>를 실행하면 컴퓨터 한 대에 모두 뜨고, 여기에는 데모가, 옆에는 예제 쇼핑몰이 생깁니다.
home-two-lines = 페이지에 두 줄, 백엔드에 POST 한 번
home-on-the-page = 페이지의 양식 안에 두 줄을 넣습니다.
home-in-the-back-end = 백엔드에서는 한 번 요청합니다.
home-more = 옵션과 프레임워크, siteverify의 답 알아보기
home-does = 하는 일
home-does-cost-title = 먼저 값을, 그림은 마지막에
home-does-cost = 거의 모든 방문자는 작업 증명만으로 통과합니다. 코어 하나로 0.5초에서 1초쯤 걸립니다. 하위 퍼즐마다 무작위 프로그램이 달라지므로 GPU의 이점이 대부분 사라집니다. 공격해 오는 네트워크에는 값이 올라가고 시간이 지나면 다시 내려가며, 다른 네트워크의 값은 그대로입니다.
home-does-once-title = 토큰은 한 번만
home-does-once = 같은 순간에 몇 번을 쓰려 해도 한 번만 성공합니다. 복제되는 저장소에서, 다시 시작하거나 응답을 잃어도 마찬가지입니다. 토큰 하나를 동시에 1,000번 써 보는 테스트로 확인합니다.
home-does-origin-title = 오리진을 기다리지 않습니다
home-does-origin = 방문자와 siteverify에는 엣지만 있으면 됩니다. 이 콘솔과 Postgres, GPU가 멈춰 있어도 그대로 이용할 수 있고, 기록은 엣지에서 기다렸다가 나중에 도착합니다.
home-does-access-title = 누구도 막지 않습니다
home-does-access = 열 가지 언어, 키보드, 화면 낭독기, 밝은 화면과 어두운 화면을 모두 갖추었습니다. 그림이 나올 때에도 언제나 다른 방법이 있으며, 그 방법은 시력 대신 시간을 씁니다.
home-does-data-title = 거의 남기지 않습니다
home-does-data = 방문자의 주소도, 브라우저 정보도, 쿠키도 남기지 않습니다. 사용된 토큰에 대해서는 시각, 호스트, 동작, 점수, 국가, 네트워크 번호만 남깁니다.
home-does-not = 하지 못하는 일
home-does-not-price-title = 벽이 아니라 값입니다
home-does-not-price = 수천 번씩 되풀이하는 남용에 비용을 물립니다. 끈기 있는 봇 하나와 사람 하나를 가려내지는 못합니다.
home-does-not-pictures-title = 그림은 볼 줄 아는 프로그램을 막지 못합니다
home-does-not-pictures = 그런 프로그램이 얼마나 자주 통과하는지 재어서 아래에 공개합니다. 그래서 어떤 그림도 운영자가 켜기 전까지 꺼져 있고, 위험해 보이면 더 긴 작업을 대신 요구합니다.
home-does-not-traffic-title = 여러분 사이트의 트래픽만 압니다
home-does-not-traffic = reCAPTCHA, hCaptcha, Turnstile은 수많은 사이트에서 평판 정보를 모읍니다. 직접 운영하는 서비스는 가질 수 없는 것입니다.
home-does-not-battery-title = 배터리를 조금 씁니다
home-does-not-battery = 오래된 휴대전화에서는 데스크톱의 몇 배가 걸립니다.
home-does-not-workers-title = Cloudflare 밖의 엣지는 나온 지 얼마 되지 않았습니다
home-does-not-workers = Cap과 ALTCHA는 더 작고, 어느 서버에서나 돌아가며, 더 오래 쓰여 왔습니다.

home-figures = 선택을 가르는 여섯 가지 수치
home-figures-lead = 직접 쟀습니다. 수치마다 잰 날짜와, 여러분의 컴퓨터에서 다시 재는 명령이 있습니다.
home-all-figures = 모든 측정값
benchmarks-title = 수치
benchmarks-lead = 직접 잰 값입니다. 잰 날짜와, 여러분의 컴퓨터에서 다시 재는 명령을 함께 적습니다.
benchmarks-measurement = 항목
benchmarks-value = 값
benchmarks-date = 날짜
benchmarks-command = 명령
benchmarks-group-visitors = 방문자
benchmarks-group-service = 서비스
benchmarks-group-attackers = 공격자
benchmarks-machine = 측정한 컴퓨터:
benchmarks-attacks = 그림을 보는 프로그램을 어떻게 만들었는지 알아보기
home-read-on = 더 읽을거리

demo-title = siteverify의 답
demo-passed = 토큰이 유효했고, 이제 사용되었습니다. 실제 양식이라면 다음으로 넘어갑니다.
demo-refused = 토큰이 거절되었습니다. 실제 양식이라면 방문자에게 다시 확인해 달라고 합니다.
demo-away = 엣지가 응답하지 않았습니다. 실제 양식이라면 방문자에게 다시 보내 달라고 합니다.
demo-request = 물어본 것:
demo-response = 받은 답:
demo-again = 같은 토큰을 다시 보내기
demo-again-hint = 토큰은 한 번만 쓸 수 있습니다. 다음 답은 timeout-or-duplicate입니다.
demo-restart = 처음부터 다시
benchmarks-gpu =
    { $adapter }, { $type ->
        [discrete] 외장
        [integrated] 내장
       *[virtual] 가상
    } GPU
benchmarks-computed = { $net } 구조의 모델이 판독한 이미지, 한 번에 { $batch }장. 같은 기계의 프로세서: { $processor }
benchmarks-per-second = 초당
benchmarks-passed = 가장 나은 외부 프로그램이 통과하는 ‘{ $kind }’ 그림 ({ $low }–{ $high }%)
