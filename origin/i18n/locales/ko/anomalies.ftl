# 이상 징후를 설명하는 글. 페이지와 메일, 웹훅이 함께 씁니다.

anomaly-title-flood = 평소보다 훨씬 많은 요청
anomaly-title-failures = 평소보다 훨씬 많은 오답
anomaly-title-refusals = 평소보다 훨씬 많은 거절
anomaly-title-regular-solve-times = 지나치게 고른 풀이 시간
anomaly-title-under-attack = 공격 받는 중

anomaly-flood =
    { $site }: 한 시간 동안 { $network ->
        [0] { "" }
       *[other] 네트워크 AS{ $network }에서{ " " }
    }확인 요청이 { $measured }건 있었습니다. 이 시간대에는 보통 { $usual }건입니다.
anomaly-failures =
    { $site }: 한 시간 동안 { $network ->
        [0] { "" }
       *[other] 네트워크 AS{ $network }에서{ " " }
    }제출된 답 가운데 { $measured }가 틀렸습니다. 이 시간대에는 보통 { $usual }입니다.
anomaly-refusals =
    { $site }: 한 시간 동안 { $network ->
        [0] { "" }
       *[other] 네트워크 AS{ $network }에서{ " " }
    }들어온 요청 가운데 { $measured }가 거절되었습니다. 이 시간대에는 보통 { $usual }입니다.
anomaly-regular-solve-times =
    { $site }: { $network ->
        [0] { "" }
       *[other] 네트워크 AS{ $network }에서{ " " }
    }풀이 시간이 지나치게 고릅니다. 가운데 절반이 { $measured }배 안에 모여 있습니다. 보통은 { $usual }배이며, 사람들의 기기는 이보다 더 다릅니다.
anomaly-under-attack =
    { $site } 사이트가 공격 받고 있습니다. 5분 동안 확인 요청이 { $measured }건 있었습니다.{ $expected ->
        [0] { "" }
       *[other] { " " }이 시간대의 예상은 { $usual }건입니다.
    }

anomaly-advice-flood =
    { $network ->
        [0] 요청이 지나친 네트워크는 저절로 더 많은 계산을 하게 됩니다. 할인 행사나 언론 보도처럼 방문자가 늘 이유가 있다면 그대로 두셔도 됩니다. 그렇지 않다면 두드러지는 네트워크나 국가가 있는지 보시고 규칙을 추가해 주세요.
       *[other] 이 네트워크는 저절로 더 많은 계산을 하게 됩니다. 이곳에서 오는 방문자를 모르신다면 그 번호로 규칙(더 어렵게, 그림, 차단)을 추가해 주세요.
    }
anomaly-advice-failures = 답을 찍는 프로그램이 이렇게 실패합니다. 페이지를 잘못 고쳤을 때의 방문자도 그렇습니다. 먼저 직접 양식을 써 보세요. 잘 된다면 규칙(더 어렵게, 그림)을 추가해 주세요.
anomaly-advice-refusals = 이유는 개요 화면에 나옵니다. 규칙이나 호스트 이름 때문이라면 마지막으로 바꾼 것을 확인해 주세요. 요청이 너무 많아서라면 거절이 사이트를 지키고 있는 것입니다.
anomaly-advice-regular-solve-times = 같은 기종의 기계 여러 대가 이렇게 풉니다. 기계도 토큰마다 값을 치릅니다. 막으시려면 그림을 묻는 규칙을 추가하고 통과가 줄어드는지 확인해 주세요.
anomaly-advice-under-attack = 공격과 함께 온 방문자는 더 많은 작업을 합니다. 두드러지는 네트워크나 소프트웨어가 없으면, 오늘 이 사이트에서 통과한 적이 없는 방문자가 모두 그렇습니다. 새 방문자가 많이 올 예정이라면 사이트 설정에서 공격 대응을 끄실 수 있습니다.
