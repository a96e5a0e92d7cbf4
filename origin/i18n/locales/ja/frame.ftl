# すべてのページの枠、/status、/docs、複数のページで使う文。

language-name = 日本語
brand = Munjigi

frame-skip = 本文へスキップ
frame-account = アカウント
frame-log-in = ログイン
frame-sign-up = 新規登録
frame-log-out = ログアウト
frame-console = コンソール
frame-about = このサービスについて
frame-documentation = ドキュメント
frame-status = 稼働状況
frame-data = 保存するデータ
frame-mail-away = 現在メールを送信できません。メールは保管され、復旧しだい送信されます。
frame-edge-away = エッジが応答していません。変更は保存され、復旧しだい反映されます。
frame-cache-away = キャッシュが応答していません。機能はすべて使えますが、終了したセッションが最長30秒間有効なままになることがあります。

status-title = 稼働状況
status-all-ok = すべて正常に稼働しています。
status-all-degraded = 訪問者は利用できますが、一部のコンポーネントに不具合があります。
status-all-starting = サーバーが起動したばかりで、状態を確認しています。
status-all-down = 現在、訪問者は利用できません。
status-component = コンポーネント
status-state = 状態
status-since = 開始時刻
status-ok = 正常
status-degraded = 不具合あり
status-starting = 確認中
status-down = 停止
status-part-postgres = データベース
status-purpose-postgres = アカウント、設定、統計を保管します。訪問者の利用には影響しません。
status-part-edge = エッジ
status-purpose-edge = ウィジェットと siteverify を提供します。
status-part-mail = メール
status-purpose-mail = アドレスの確認や通知のメールを送ります。停止中のメールは保管されます。
status-part-cache = キャッシュ
status-purpose-cache = コンソールを速くします。停止中はデータベースが代わります。
status-part-gpu-backend = 画像
status-purpose-gpu-backend = 新しい画像を描きます。作成済みの画像は引き続き表示されます。
status-checked-html = 最終確認: <time datetime="{ $iso }">{ $at }</time>。応答したサーバーが10秒ごとに確認します。開始時刻は、そのサーバーの起動以降のものです。
status-json = JSON で見る

docs-title = ドキュメント
docs-lead = 稼働中のバージョン { $version } のドキュメントです。
docs-language = ドキュメントは英語で書かれています。
docs-contents = 目次

role-owner = オーナー
role-admin = 管理者
role-analyst = アナリスト
role-read-only = 閲覧のみ
role-meaning-owner = 組織とオーナーの管理を含む、すべての操作ができます。
role-meaning-admin = サイト、シークレットキー、オーナー以外のメンバーを管理します。
role-meaning-analyst = すべてを閲覧してエクスポートし、ルールとリストを変更します。
role-meaning-read-only = サイトとその統計を閲覧します。

email-empty = メールアドレスを入力してください。
email-too-long = メールアドレスは254文字以内で入力してください。
email-not-ascii = メールアドレスは半角の英数字と記号で入力してください。
email-form = name@shop.example のような、正しいメールアドレスを入力してください。

password-too-short = パスワードは{ $fewest }文字以上にしてください。
password-too-long = パスワードは{ $most }バイト以内にしてください。
password-weak =
    { $why ->
        [keyboard-row] キーボードの並びは推測されやすいパスワードです。
        [keyboard-pattern] キーボード上の短いパターンは推測されやすいパスワードです。
        [repeated-letter] 「aaa」のような繰り返しは推測されやすいパスワードです。
        [repeated-word] 「abcabcabc」のような繰り返しは「abc」とほとんど変わりません。
        [top-10] 最もよく使われる10個のパスワードの1つです。
        [top-100] 最もよく使われる100個のパスワードの1つです。
        [common] とてもよく使われるパスワードです。
        [similar] よく使われるパスワードに似ています。
        [sequence] abc や 6543 のような連続は推測されやすいパスワードです。
        [year] 最近の年は推測されやすいパスワードです。
        [word] 1つの単語だけでは推測されやすいパスワードです。
        [date] 日付は推測されやすいパスワードです。
        [name] 人名だけでは推測されやすいパスワードです。
        [common-name] よくある人名は推測されやすいパスワードです。
       *[unknown] 推測されやすいパスワードです。
    }関連のない単語をいくつか組み合わせると安全です。

passkey-unusable = ブラウザーの応答を使用できませんでした。ページを再読み込みして、もう一度お試しください。
passkey-over = 時間がかかりすぎたか、すでに処理されています。もう一度お試しください。
passkey-not-verified = 指紋、顔、PIN のいずれかで本人確認ができるようにデバイスを設定してから、もう一度お試しください。
passkey-unknown = このアカウントに登録されたパスキーではありません。
passkey-copied = このパスキーは複製された可能性があるため、使用できません。別の方法でログインして削除してください。
passkey-full = このデバイスのパスキーはすでに登録されているか、上限の20個に達しています。

error-details-html = コード <code>{ $code }</code>、リクエスト <code>{ $request }</code>。
error-home = ホーム
error-not-found-title = ページが見つかりません
error-not-found = アドレスが間違っているか、ページが削除されたか、所属していない組織のページです。
error-forbidden-title = この役割では操作できません
error-forbidden =
    この組織でのあなたの役割は{ $role ->
        [owner] オーナー
        [admin] 管理者
        [analyst] アナリスト
       *[read-only] 閲覧のみ
    }です。この操作には別の役割が必要です。役割は組織のオーナーまたは管理者が変更できます。
error-logged-out-title = ログアウトしています
error-logged-out = 何も変更されていません。ログインしてから、フォームをもう一度送信してください。
error-foreign-form-title = このフォームは受け付けられませんでした
error-foreign-form = 何も変更されていません。開いた後にログインまたはログアウトしたか、Cookie が無効か、別のサイトから送信されたフォームです。前のページに戻って再読み込みし、もう一度送信してください。
error-link-gone-title = このリンクは使用できません
error-link-gone = すでに使用されたか、有効期限が切れています。アドレスを確認済みの場合はログインしてください。それ以外の場合は、もう一度登録してください。
error-sign-up-closed-title = 新規登録を受け付けていません
error-sign-up-closed = アカウントは招待によってのみ作成されます。このサービスの運営者にお問い合わせください。
error-too-many-sites-title = サイト数の上限に達しました
error-too-many-sites = 何も変更されていません。組織のサイトが上限の{ $most }件に達しています。使っていないサイトを削除するか、このサービスの運営者にお問い合わせください。
error-payload-too-large-title = フォームが大きすぎます
error-payload-too-large = 何も変更されていません。フォームは 256 KiB まで送信できます。
error-malformed-request-title = フォームを読み取れませんでした
error-malformed-request = 何も変更されていません。前のページに戻って再読み込みし、もう一度送信してください。
error-unavailable-title = データベースを利用できません
error-unavailable = 何も変更されていません。サイトは引き続き動作します。訪問者と siteverify はこのサーバーに依存しません。しばらくしてからもう一度お試しください。
error-rate-limited-title = 試行回数が多すぎます
error-rate-limited = 短時間に試行が集中しました。{ $minutes }分後にもう一度お試しください。
