# /api ページ。呼び出しとフィールドの説明は OpenAPI ドキュメントのもので、英語です。

api-lead-html = コンソールでできることは、すべて API でもできます。ベース URL: <code>{ $server }/api/v1</code>。ツール用: <a href="/api/openapi.json">openapi.json</a>（OpenAPI 3.1）。
api-authentication-html = <code>Authorization: Bearer …</code> に、API キー、または <code>POST /api/v1/session</code> で取得したアクセストークンを指定してください。API キーは、オーナーまたは管理者がコンソールの「{ keys-title }」で作成します。エラーはすべて、変わることのない <code>code</code> を含む問題ドキュメント（problem document）で返されます。
api-language = 呼び出しとフィールドの説明は英語で書かれています。
api-group-service = サービス
api-group-jobs = 画像とモデル
api-group-session = セッション
api-who-anyone = 認証は必要ありません。
api-who-caller = API キーまたはセッションが必要です。
api-who-user = ユーザーのセッションが必要です。
api-who-scope = スコープ `{ $scope }` を持つキー、またはこの権限を持つセッションが必要です。
api-who-member = ユーザーのセッションが必要です。API キーは使用できません。
api-query = クエリ
api-body = 本文
api-response = レスポンス { $status }
api-no-body = 本文はありません。
api-fields = フィールド
api-field = フィールド
api-type = 型
api-description = 説明
api-optional = 省略可

# コンソールの項目のうち、このページとメールに出てくるもの。
sites-title = サイト
statistics-title = 統計
team-title = チーム
keys-title = API キー
audit-title = 監査ログ
