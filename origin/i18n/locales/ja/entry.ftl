# ログイン前のページ。

field-name = 名前
field-email = メールアドレス
field-password = パスワード
field-password-hint = 10文字以上。関連のない単語をいくつか組み合わせると安全です。
field-name-missing = 名前を入力してください。
field-name-lines = 名前は1行で入力してください。
field-name-long = 名前は100文字以内で入力してください。
widget-edge-away = ボット対策を利用できません。このまま利用できますが、試行回数が少なくなります。
widget-no-script = JavaScript なしでも利用できますが、試行回数が少なくなります。
widget-token-refused = 確認の有効期限が切れたか、すでに使用されています。フォームをもう一度送信してください。

sign-up-title = 新規登録
sign-up-has-account = アカウントをお持ちですか？
sign-up-check-email = メールを確認してください
sign-up-sent-html = <b>{ $email }</b> にメールを送信しました。2日以内にメールのリンクを開いて、アドレスを確認してください。
sign-up-mailbox = この開発用マシンのメールを見る
sign-up-none-came = 数分たっても届かない場合は、迷惑メールフォルダーを確認してください。
sign-up-again = もう一度登録する

confirm-title = アドレスの確認
confirm-submit = 確認してログイン
confirm-wrong = 登録時に設定したパスワードと一致しません。
confirm-again = もう一度登録して別のパスワードを設定する
confirm-lead-html = <b>{ $email }</b> の登録時に設定したパスワードを入力してください。

recover-title = パスワードをお忘れの場合
recover-submit = リンクを送信
recover-choose = 新しいパスワードの設定
recover-new-password = 新しいパスワード
recover-set = パスワードを設定してログイン
recover-sent-html = <b>{ $email }</b> のアカウントがある場合は、メールを送信しました。メールのリンクは1時間有効です。
recover-account-html = <b>{ $email }</b> のパスワードです。すべての場所からログアウトし、作成した API キーは無効になります。そのキーを使うプログラムは動作しなくなります。

invitation-title = 招待
invitation-join = 参加する
invitation-create = アカウントを作成して参加
invitation-heading = { $organisation } に参加
invitation-role-html = 役割は<b>{ $role }</b>です。
invitation-has-account-html = <b>{ $email }</b> のアカウントはすでにあります。ログインしてから、メールのリンクをもう一度開いてください。
invitation-another-html = この招待は <b>{ $email }</b> 宛てですが、別のアドレスでログインしています。ログアウトしてから、メールのリンクをもう一度開いてください。
invitation-sign-up-html = <b>{ $email }</b> のアカウントを作成します。

log-in-forgotten = パスワードをお忘れですか？
log-in-no-account = アカウントをお持ちでないですか？
log-in-wrong = メールアドレスまたはパスワードが正しくありません。
log-in-passkey = パスキーでログイン
log-in-passkey-error = パスキーを使用できませんでした。ブラウザーまたはデバイスが中止したか、時間がかかりすぎました。何も変更されていません。もう一度試すか、別の方法でログインしてください。
log-in-demo-html = このマシンにはデモアカウントがあります。アドレス <code>{ $email }</code>、パスワード <code>{ $password }</code>

code-title = 2段階認証
code-passkey = パスキーを使う
code-field = コード
code-from-app = 認証アプリの6桁の数字、またはリカバリーコードを入力してください。
code-from-paper = リカバリーコードを入力してください。コードは1回だけ使えます。
code-wrong = コードが正しくないか、すでに使用されています。次のコードをお待ちください。
code-no-script = パスキーには JavaScript が必要です。
