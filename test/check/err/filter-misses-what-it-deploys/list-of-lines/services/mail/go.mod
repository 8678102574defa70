module example.com/mail

replace example.com/text => ../../libs/text
