# 異常の説明。ページ、メール、Webhook のメッセージで使います。
# サイト全体の場合、$network は 0 です。

anomaly-title-flood = 普段よりはるかに多いチャレンジ
anomaly-title-failures = 普段よりはるかに多い不正解
anomaly-title-refusals = 普段よりはるかに多い拒否
anomaly-title-regular-solve-times = 不自然に揃った解答時間
anomaly-title-under-attack = 攻撃を受けています

anomaly-flood =
    { $site }: 1時間に{ $network ->
        [0] { "" }
       *[other] ネットワーク AS{ $network } から
    }{ $measured }件のチャレンジがありました。この時間帯は通常{ $usual }件です。
anomaly-failures =
    { $site }: 1時間に{ $network ->
        [0] { "" }
       *[other] ネットワーク AS{ $network } から
    }送信された解答のうち、{ $measured } が不正解でした。この時間帯は通常 { $usual } です。
anomaly-refusals =
    { $site }: 1時間に{ $network ->
        [0] { "" }
       *[other] ネットワーク AS{ $network } から
    }届いたリクエストのうち、{ $measured } が拒否されました。この時間帯は通常 { $usual } です。
anomaly-regular-solve-times =
    { $site }: { $network ->
        [0] { "" }
       *[other] ネットワーク AS{ $network } からの
    }解答時間が不自然に揃っています。中央の半数が{ $measured }倍の範囲に収まっています。通常は{ $usual }倍です。実際の訪問者のデバイスには、もっとばらつきがあります。
anomaly-under-attack =
    { $site } が攻撃を受けています。5分間に{ $measured }件のチャレンジがありました。{ $expected ->
        [0] { "" }
       *[other] この時間帯の予想は{ $usual }件です。
    }

anomaly-advice-flood =
    { $network ->
        [0] リクエストが多すぎるネットワークには、自動的により多くの計算が求められます。セールや報道などで訪問者の増加が見込まれる場合は、何もする必要はありません。それ以外の場合は、目立つネットワークや国がないかを確認し、ルールを追加してください。
       *[other] このネットワークには、自動的により多くの計算が求められます。ここからの訪問者に心当たりがない場合は、この番号のルール（harder、picture、block）を追加してください。
    }
anomaly-advice-failures = 当てずっぽうで解答するプログラムはこのように失敗しますが、ページの変更に誤りがある場合の訪問者も同じです。まず、ご自身でフォームを試してください。正常に動作する場合は、ルール（harder、picture）を追加してください。
anomaly-advice-refusals = 理由は概要ページで確認できます。ルールまたはホスト名が理由の場合は、最近の変更を確認してください。リクエスト過多が理由の場合は、拒否によってサイトが守られています。
anomaly-advice-regular-solve-times = 同一構成のマシンが多数ある場合によく見られます。これらのマシンもトークンごとに計算を行っています。止めるには、画像を求めるルールを追加し、通過数が減るかどうかを確認してください。
anomaly-advice-under-attack = 攻撃とともに来た訪問者には、より多くの計算が求められます。目立つネットワークやソフトウェアがなければ、本日このサイトを通過していないすべての訪問者が対象です。新しい訪問者の増加が見込まれる場合は、サイトの設定で攻撃対応をオフにできます。
