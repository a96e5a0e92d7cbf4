# 콘솔: 방문의 점수, 그리고 사이트가 알려 준 결과.

defence-title = 방어
defence-lead = 백엔드가 쓴 토큰에 대해, 방문이 몇 점을 받았는지, 무엇이 의심스러웠는지, 나중에 알려 준 결과가 어땠는지 보여 줍니다. 시각은 UTC이며, 수치는 몇 분 늦게 반영됩니다.
defence-nothing = 이 기간에는 쓰인 토큰이 없습니다.
defence-prices = 비용
defence-price-now = 마지막 집계에서 방문자의 절반은 사이트 최소 작업량의 { $median } 이하를, 100명 중 95명은 { $most } 이하를 했습니다.
defence-price-hint = 막대: 첫 문제 100개 중 95개가 이 비용 이하였습니다. 사이트 최소 작업량의 두 배씩 올라갑니다.
defence-price-median = 절반, 이하
defence-price-most = 95 %, 이하
defence-price-raised = 두 배 이상
defence-fleets = 봇 무리
defence-no-fleets = 평소보다 훨씬 많은 네트워크에서 온 소프트웨어가 없습니다.
defence-fleets-hint = 이 사이트에 평소보다 훨씬 많은 네트워크에서 와서 그만큼 더 많은 작업을 한 소프트웨어입니다. 이름은 그날만 쓰는 가명입니다. 어느 방문이 한 무리인지만 알려 주고, 누구인지는 알려 주지 않습니다.
defence-fleet = 소프트웨어
defence-fleet-networks = 네트워크 ≈
defence-fleet-first = 처음 본 때
defence-fleet-last = 마지막으로 본 때
defence-scores = 점수
defence-score = 점수(이상)
defence-below = 이 점수 미만
defence-share = 비율
defence-below-fraudulent = 그중 부정으로 알려 준 방문
defence-below-legitimate = 그중 정상으로 알려 준 방문
defence-threshold-hint = 1은 사람, 0은 봇입니다. ‘이 점수 미만’은 백엔드가 이 점수부터 받아들였다면 돌려보냈을 방문입니다.
defence-reasons = 이유
defence-reasons-hint = 한 방문에 이유가 여럿일 수 있습니다. 이유가 없는 방문은 표에 없습니다.
defence-reason = 이유
defence-over-time = 시간에 따른 변화
defence-outcomes = 결과
defence-outcome = 알려 준 결과
defence-outcome-reason = 근거
defence-outcome-count = 방문 수
defence-no-outcomes-html = 이 기간에 알려 준 결과가 없습니다. 원하던 방문자였는지 나중에 알게 되면 <a href="/docs/integration#reporting-outcomes">결과를 알려 주세요</a>.

outcome-legitimate = 정상
outcome-fraudulent = 부정
outcome-no-reason = 근거 없음

reason-automation = 프로그램이 브라우저를 움직였습니다
reason-inconsistent-client = 클라이언트가 스스로 말한 것이 서로 맞지 않습니다
reason-replayed-trace = 같은 동작이 여러 번 보였습니다
reason-fleet = 같은 소프트웨어나 사업자가 평소보다 훨씬 많은 네트워크에서 왔습니다
reason-solved-elsewhere = 너무 빨리 풀렸거나 다른 네트워크에서 풀렸습니다
reason-network-load = 클라이언트가 많이 요청했거나, 틀렸거나, 풀지 않았거나, 그 네트워크가 붐볐습니다
reason-site-under-attack = 사이트에 몰린 방문과 함께 왔습니다
reason-work-alone = 계산만으로 통과했습니다
reason-too-little-data = 사람이 한 일이 브라우저에서 보이지 않았습니다
reason-outcomes = 같은 징후를 보인 방문이 부정한 것으로 밝혀졌습니다

scores-title = 학습한 가중치
scores-of = { $name }의 학습한 가중치
scores-lead-html = <a href="/docs/integration#reporting-outcomes">결과를 보고하는</a> 사이트의 점수는 매일 밤 그 결과에서 배웁니다. 바뀌는 것은 백엔드가 받는 점수뿐이며, 방문자가 하는 작업과 다른 사이트는 그대로입니다.
scores-fixed = 고정 가중치를 쓰고 있습니다. 아직 배운 것이 없거나 되돌렸습니다.
scores-learned = 버전 { $version } 가중치를 쓰고 있습니다.
scores-alike = 고정 가중치와 거의 다르지 않습니다.
scores-waiting = 새 가중치가 다음 날 결과로 검증되기를 기다리고 있습니다.
scores-sign = 징후
scores-odds = 사기일 승산
scores-speaks = 의미
scores-against = 방문에 불리함
scores-for = 방문에 유리함
scores-signs-html = <a href="/docs/protocol-types#sign">각 징후의 뜻</a>. 거의 의미가 없는 징후는 뺐습니다.
scores-undo = 이전 가중치로 되돌리기
scores-undo-hint = 점수는 2분 안에 바뀝니다. 그 뒤 며칠 동안은 여기에서 배우지 않습니다.
scores-done-undone = 되돌렸습니다. 이전 가중치가 2분 안에 엣지에 적용되며, { $days }일 동안 배우지 않습니다.
scores-done-nothing = 바뀐 것이 없습니다. 그 가중치는 이미 쓰이지 않습니다.
