# 사이트 설정과 규칙의 잘못: 무엇이, 왜, 어떻게 고치는지. 화면과 API, 명령의 출력에 쓰입니다.

mistake-sentence = { $what }: { $why } { $fix }

mistake-value = { $field } { $value }
mistake-field-name = 이름
mistake-field-work-floor = 최소 작업량
mistake-field-work-ceiling = 최대 작업량
mistake-field-count = 하위 퍼즐 수
mistake-field-token-lifetime = 토큰 유효 시간

mistake-why-name = 화면에 보이는 글자로 1자에서 100자까지 쓸 수 있습니다.
mistake-fix-name = 더 짧거나 단순한 이름을 적어 주세요.

mistake-what-no-hosts = 호스트 이름 없음
mistake-why-no-hosts = 호스트 이름도 루프백도 허용하지 않으면 어느 페이지에도 위젯이 나타나지 않습니다.
mistake-fix-no-hosts = 호스트 이름을 추가하거나 루프백을 허용해 주세요. 서비스를 멈추려면 사이트를 일시 정지해 주세요.

mistake-what-too-many-hosts = 호스트 이름 { $count }개
mistake-why-too-many-hosts = 100개까지 둘 수 있습니다.
mistake-fix-too-many-hosts = 여러 개를 *.shop.example처럼 하나로 묶거나 사이트를 하나 더 만들어 주세요.

mistake-what-host = 호스트 이름 { $host }
mistake-why-host =
    { $reason ->
        [empty] 비어 있습니다.
        [too-long] 전체가 너무 길거나, 점으로 나눈 부분 가운데 하나가 너무 깁니다.
        [empty-label] 점의 앞이나 뒤가 비어 있습니다.
        [bad-label] 쓸 수 없는 문자가 있습니다. 영문 소문자와 숫자, 하이픈만 쓸 수 있습니다.
        [bad-address] IP 주소의 일반적인 표기가 아닙니다.
       *[bad-wildcard] 와일드카드에는 *.example.com처럼 두 부분 이상으로 된 이름이 필요합니다.
    }
mistake-fix-host = 프로토콜과 포트, 경로 없이 shop.example 또는 *.shop.example처럼 적어 주세요.

mistake-what-host-added-and-removed = 추가와 삭제에 모두 있는 호스트 이름 { $host }
mistake-why-host-added-and-removed = 한 번에 둘 다 할 수 없습니다.
mistake-fix-host-added-and-removed = 둘 중 하나를 빼 주세요.

mistake-what-no-such-host = 삭제할 수 없는 호스트 이름 { $host }
mistake-why-no-such-host = 사이트의 호스트 이름은 다음과 같습니다: { $hosts }.
mistake-fix-no-such-host = 목록에 있는 그대로 적어 주세요.

mistake-why-count = 1에서 64까지 쓸 수 있습니다.
mistake-fix-count = 직접 재 보지 않았다면 16으로 두세요.

mistake-why-work = 최소 작업량은 1 이상이고, 하위 퍼즐 수를 곱한 값이 72,000,000을 넘지 않아야 합니다. 최대 작업량은 최소 작업량 이상이어야 합니다.
mistake-why-no-work = { mistake-why-work }
mistake-fix-no-work = 1 이상의 값을 적어 주세요. 보통 40000입니다.
mistake-why-too-much-work = { mistake-why-work }
mistake-fix-too-much-work = 하위 퍼즐이 { $count }개이면 { $most }까지 적을 수 있습니다.
mistake-why-ceiling-below-floor = { mistake-why-work }
mistake-fix-ceiling-below-floor = 최소 작업량인 { $floor } 이상의 값을 적어 주세요. 보통 최소 작업량의 100배입니다.

mistake-why-token-lifetime = 30에서 300까지 쓸 수 있습니다.
mistake-fix-token-lifetime = 토큰이 더 빨리 만료되어야 하는 것이 아니라면 300으로 두세요.

mistake-why-not-a-number = 정수가 아니거나 너무 큽니다.
mistake-fix-not-a-number = 띄어쓰기나 쉼표 없이 숫자만 적어 주세요.

mistake-what-too-many-rules = 규칙 { $count }개
mistake-why-too-many-rules = 100개까지 둘 수 있습니다.
mistake-fix-too-many-rules = 여러 대역을 더 짧은 대역 하나로 합쳐 주세요.

# 프로그램은 규칙을 0부터, 사람은 1부터 셉니다. 갈래가 하나뿐인 선택은 두 언어의 변수를 맞추려는 것입니다.
mistake-rule =
    { $index ->
       *[other] 규칙 { $number }
    }
mistake-why-condition = 형식에 맞지 않아 어떤 방문자와도 맞을 수 없습니다.
mistake-what-hostname = { mistake-rule }의 호스트 이름 { $value }
mistake-why-hostname = { mistake-why-condition }
mistake-fix-hostname = { mistake-fix-host }
mistake-what-action = { mistake-rule }의 동작 { $value }
mistake-why-action = { mistake-why-condition }
mistake-fix-action = 영문자와 숫자, _ / - 기호로 32자까지 적어 주세요.
mistake-what-country = { mistake-rule }의 국가 { $value }
mistake-why-country = { mistake-why-condition }
mistake-fix-country = KR처럼 대문자 두 글자로 적어 주세요.
mistake-what-prefix = { mistake-rule }의 대역 { $value }
mistake-why-prefix = { mistake-why-condition }
mistake-fix-prefix = 192.0.2.0/24나 그보다 짧은 대역, 또는 2001:db8::/48이나 그보다 짧은 대역을 적고, 대역 뒤의 비트는 0으로 두세요.

mistake-what-list = { mistake-rule }의 목록 { $value }
mistake-why-list = { mistake-why-condition }
mistake-fix-list = tor-exits 같은 공개 목록의 이름이나, 여러분의 목록 ID(list_와 16자)를 적어 주세요.
mistake-what-score-below = { mistake-rule }의 점수 { $value }
mistake-why-score-below = { mistake-why-condition }
mistake-fix-score-below = 1부터 100까지의 정수로 적어 주세요. 점수 0.5는 50입니다.
mistake-what-software = { mistake-rule }의 소프트웨어 { $value }
mistake-why-software = { mistake-why-condition }
mistake-fix-software = 방어 페이지가 봇 무리를 부르는, 00c0ffee 같은 여덟 글자를 적어 주세요.
mistake-what-weight = { mistake-rule }의 무게 { $value }
mistake-why-weight = 무게가 아닙니다.
mistake-fix-weight = 위험도에 더하려면 1부터 100까지, 빼려면 -1부터 -100까지의 정수로 적어 주세요.
mistake-what-unknown-list = { mistake-rule }의 목록 { $value }
mistake-why-unknown-list = 그런 목록이 없습니다.
mistake-fix-unknown-list = tor-exits, clouds, spamhaus-drop, 또는 이 사이트가 속한 조직의 목록 ID를 적어 주세요.

mistake-what-asn = 네트워크 { $value }
mistake-why-asn = 네트워크 번호가 아닙니다.
mistake-fix-asn = 4766 또는 AS4766처럼 적어 주세요.

mistake-what-no-condition = 조건이 없는 규칙
mistake-why-no-condition = 모든 방문자와 맞게 됩니다.
mistake-fix-no-condition = 조건을 하나 이상 적거나, 모든 방문자에게 적용하는 상자를 선택해 주세요.

mistake-what-everybody-with-conditions = 규칙
mistake-why-everybody-with-conditions = 조건이 있는데 모든 방문자에게 적용하는 상자가 선택되어 있습니다.
mistake-fix-everybody-with-conditions = 둘 중 하나를 빼 주세요.

mistake-what-rules-unreadable = 파일 { $path }
mistake-why-rules-unreadable = 읽을 수 없습니다: { $error }.
mistake-fix-rules-unreadable = 읽을 수 있는 파일을 고르거나, 표준 입력은 -를 적어 주세요.

mistake-what-rules-not-an-array = JSON 배열이 아닌 규칙
mistake-why-rules-not-an-array = 배열로 읽을 수 없습니다: { $error }.
mistake-fix-rules-not-an-array = `munjigi site show SITEKEY --json | jq .rules`가 출력하는 것과 같은 JSON 배열을 적어 주세요.

mistake-fix-rules = 규칙은 {"{"}"match": {"{"}…{"}"}, "verdict": "allow│harder│picture│block"{"}"}이거나 "verdict": {"{"}"weigh": 20{"}"}이고, 조건은 hostname, action, country, asn, prefix, list, score_below, reason, software입니다.
mistake-what-rules-malformed = 형식에 맞지 않는 규칙
mistake-why-rules-malformed = 읽을 수 없습니다: { $error }.
mistake-fix-rules-malformed = { mistake-fix-rules }
mistake-what-rule-not-an-object = { mistake-rule }
mistake-why-rule-not-an-object = "match" 객체가 있는 객체가 아닙니다.
mistake-fix-rule-not-an-object = { mistake-fix-rules }
mistake-what-rule-malformed = { mistake-rule }
mistake-why-rule-malformed = 읽을 수 없습니다: { $error }.
mistake-fix-rule-malformed = { mistake-fix-rules }
mistake-what-unknown-condition = { mistake-rule }의 { $name }
mistake-why-unknown-condition = 그런 조건이 없거나 값이 비어 있습니다.
mistake-fix-unknown-condition = { mistake-fix-rules }

mistake-what-too-many-protections = 경로 규칙 { $count }개
mistake-why-too-many-protections = 100개까지 둘 수 있습니다.
mistake-fix-too-many-protections = 여러 경로를 /account/*처럼 *를 쓴 경로 하나로 합쳐 주세요.

mistake-protection =
    { $index ->
       *[other] 경로 규칙 { $number }
    }
mistake-what-protection = { mistake-protection }의 경로 { $path }
mistake-why-protection = 경로나 호스트 이름, 메서드의 형식이 맞지 않습니다.
mistake-fix-protection = 경로는 /account/*처럼 /나 *로 시작하고, *는 네 개까지, 전체는 256바이트까지 쓸 수 있습니다. 공백과 ? # % \ ; 기호는 쓸 수 없습니다. 호스트 이름은 shop.example이나 *.shop.example처럼, 메서드는 POST처럼 대문자로 적어 주세요.

mistake-what-above-per-second = { mistake-protection }의 초당 요청 수 { $value }
mistake-why-above-per-second = { mistake-why-not-a-number }
mistake-fix-above-per-second = { mistake-fix-not-a-number } 규칙을 항상 적용하려면 비워 두세요.

mistake-what-protect-unreadable = 파일 { $path }
mistake-why-protect-unreadable = 읽을 수 없습니다: { $error }.
mistake-fix-protect-unreadable = 읽을 수 있는 파일을 고르거나, 표준 입력은 -를 적어 주세요. 표준 입력은 한 옵션에서만 읽을 수 있습니다.

mistake-what-protect-malformed = 형식에 맞지 않는 경로 규칙
mistake-why-protect-malformed = 읽을 수 없습니다: { $error }.
mistake-fix-protect-malformed = `munjigi site show SITEKEY --json | jq .protect`가 출력하는 것과 같은 JSON 배열을 적어 주세요.

mistake-fix-protections = 경로 규칙은 {"{"}"path": "/account/*", "level": "waited│worked│pictured│allowed"{"}"}처럼 적고, "level"이 없으면 그 경로는 열려 있습니다. 그 밖에 host, methods, dry_run, no_exemptions, above_per_second를 쓸 수 있습니다.
mistake-what-protection-malformed = { mistake-protection }
mistake-why-protection-malformed = 읽을 수 없습니다: { $error }.
mistake-fix-protection-malformed = { mistake-fix-protections }
mistake-what-unknown-protection-field = { mistake-protection }의 { $name }
mistake-why-unknown-protection-field = 그런 항목이 없거나 값이 비어 있습니다.
mistake-fix-unknown-protection-field = { mistake-fix-protections }

mistake-what-refused = 엣지가 거절할 사이트
mistake-why-refused = 엣지의 응답: { $error }.
mistake-fix-refused = docs/protocol/types.md의 SiteConfig를 확인해 주세요.

path-warning = { $rule }번 규칙은 { $path } 경로만 보호합니다. 그 아래 경로({ $path }/page 등)는 누구에게나 열려 있습니다. 그럴 생각이 아니라면 { $path }/* 규칙도 추가해 주세요.
rule-warning =
    규칙 { $rule }은(는) { $whom ->
        [prefix] 대역 { $value }
        [network] 네트워크 { $value }
        [list] 목록 { $value }
       *[country] 국가 { $value }
    }에서 오는 모든 방문자를 더는 세지 않게 합니다. 그곳에 있거나 그곳의 프록시를 쓰면 누구든 토큰을 몇 개 받든 최소 작업만 합니다. 호스트 이름과 동작은 브라우저가 정하는 값이므로 함께 적어도 범위가 좁아지지 않습니다. 그보다는 여러분의 대역을 허용해 주세요.
