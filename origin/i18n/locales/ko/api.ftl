# /api 페이지. 호출과 필드의 설명은 OpenAPI 문서의 것이라 영어입니다.

api-lead-html = 콘솔에서 하는 일을 모두 API로 할 수 있습니다. 기본 URL: <code>{ $server }/api/v1</code>. 도구용 문서: <a href="/api/openapi.json">openapi.json</a> (OpenAPI 3.1).
api-authentication-html = <code>Authorization: Bearer …</code> 헤더에 API 키나 <code>POST /api/v1/session</code>으로 받은 접근 토큰을 담아 보내 주세요. API 키는 소유자나 관리자가 콘솔의 ‘{ keys-title }’에서 만듭니다. 모든 오류는 바뀌지 않는 <code>code</code>가 있는 문제 문서(problem document)로 응답합니다.
api-language = 호출과 필드의 설명은 영어로 쓰여 있습니다.
api-group-service = 서비스
api-group-jobs = 이미지와 모델
api-group-session = 세션
api-who-anyone = 인증이 필요하지 않습니다.
api-who-caller = API 키나 세션이 필요합니다.
api-who-user = 사용자 세션이 필요합니다.
api-who-scope = 권한 범위 `{ $scope }`이(가) 있는 키나 이 권한이 있는 세션이 필요합니다.
api-who-member = 사용자 세션이 필요합니다. API 키로는 호출할 수 없습니다.
api-query = 쿼리
api-body = 본문
api-response = 응답 { $status }
api-no-body = 본문이 없습니다.
api-fields = 필드
api-field = 필드
api-type = 형식
api-description = 설명
api-optional = 선택
