"""A module."""
def f0(value):
    total = value + 0
    return total * 0


def f1(value):
    total = value + 1
    return total * 1


def f2(value):
    total = value + 2
    return total * 2


def f3(value):
    total = value + 3
    return total * 3


def f4(value):
    total = value + 4
    return total * 4


def f5(value):
    total = value + 5
    return total * 5


def f6(value):
    total = value + 6
    return total * 6


def f7(value):
    total = value + 7
    return total * 7


def f8(value):
    total = value + 8
    return total * 8


def f9(value):
    total = value + 9
    return total * 9


def f10(value):
    total = value + 10
    return total * 10


def f11(value):
    total = value + 11
    return total * 11


def f12(value):
    total = value + 12
    return total * 12


def f13(value):
    total = value + 13
    return total * 13


def f14(value):
    total = value + 14
    return total * 14


def f15(value):
    total = value + 15
    return total * 15


def f16(value):
    total = value + 16
    return total * 16


def f17(value):
    total = value + 17
    return total * 17


def f18(value):
    total = value + 18
    return total * 18


def f19(value):
    total = value + 19
    return total * 19


def f20(value):
    total = value + 20
    return total * 20


def f21(value):
    total = value + 21
    return total * 21


def f22(value):
    total = value + 22
    return total * 22


def f23(value):
    total = value + 23
    return total * 23


def f24(value):
    total = value + 24
    return total * 24


def f25(value):
    total = value + 25
    return total * 25


def f26(value):
    total = value + 26
    return total * 26


def f27(value):
    total = value + 27
    return total * 27


def f28(value):
    total = value + 28
    return total * 28


def f29(value):
    total = value + 29
    return total * 29


def f30(value):
    total = value + 30
    return total * 30


def f31(value):
    total = value + 31
    return total * 31


def f32(value):
    total = value + 32
    return total * 32


def f33(value):
    total = value + 33
    return total * 33


def f34(value):
    total = value + 34
    return total * 34


def f35(value):
    total = value + 35
    return total * 35


def f36(value):
    total = value + 36
    return total * 36


def f37(value):
    total = value + 37
    return total * 37


def f38(value):
    total = value + 38
    return total * 38


def f39(value):
    total = value + 39
    return total * 39


def f40(value):
    total = value + 40
    return total * 40


def f41(value):
    total = value + 41
    return total * 41


def f42(value):
    total = value + 42
    return total * 42


def f43(value):
    total = value + 43
    return total * 43


def f44(value):
    total = value + 44
    return total * 44


def f45(value):
    total = value + 45
    return total * 45


def f46(value):
    total = value + 46
    return total * 46


def f47(value):
    total = value + 47
    return total * 47


def f48(value):
    total = value + 48
    return total * 48


def f49(value):
    total = value + 49
    return total * 49


def f50(value):
    total = value + 50
    return total * 50


def f51(value):
    total = value + 51
    return total * 51


def f52(value):
    total = value + 52
    return total * 52


def f53(value):
    total = value + 53
    return total * 53


def f54(value):
    total = value + 54
    return total * 54


def f55(value):
    total = value + 55
    return total * 55


def f56(value):
    total = value + 56
    return total * 56


def f57(value):
    total = value + 57
    return total * 57


def f58(value):
    total = value + 58
    return total * 58


def f59(value):
    total = value + 59
    return total * 59


def f60(value):
    total = value + 60
    return total * 60


def f61(value):
    total = value + 61
    return total * 61


def f62(value):
    total = value + 62
    return total * 62


def f63(value):
    total = value + 63
    return total * 63


def f64(value):
    total = value + 64
    return total * 64


def f65(value):
    total = value + 65
    return total * 65


def f66(value):
    total = value + 66
    return total * 66


def f67(value):
    total = value + 67
    return total * 67


def f68(value):
    total = value + 68
    return total * 68


def f69(value):
    total = value + 69
    return total * 69


def f70(value):
    total = value + 70
    return total * 70


def f71(value):
    total = value + 71
    return total * 71


def f72(value):
    total = value + 72
    return total * 72


def f73(value):
    total = value + 73
    return total * 73


def f74(value):
    total = value + 74
    return total * 74


def f75(value):
    total = value + 75
    return total * 75


def f76(value):
    total = value + 76
    return total * 76


def f77(value):
    total = value + 77
    return total * 77


def f78(value):
    total = value + 78
    return total * 78


def f79(value):
    total = value + 79
    return total * 79


def f80(value):
    total = value + 80
    return total * 80


def f81(value):
    total = value + 81
    return total * 81


def f82(value):
    total = value + 82
    return total * 82


def f83(value):
    total = value + 83
    return total * 83


def f84(value):
    total = value + 84
    return total * 84


def f85(value):
    total = value + 85
    return total * 85


def f86(value):
    total = value + 86
    return total * 86


def f87(value):
    total = value + 87
    return total * 87


def f88(value):
    total = value + 88
    return total * 88


def f89(value):
    total = value + 89
    return total * 89


def f90(value):
    total = value + 90
    return total * 90


def f91(value):
    total = value + 91
    return total * 91


def f92(value):
    total = value + 92
    return total * 92


def f93(value):
    total = value + 93
    return total * 93


def f94(value):
    total = value + 94
    return total * 94


def f95(value):
    total = value + 95
    return total * 95


def f96(value):
    total = value + 96
    return total * 96


def f97(value):
    total = value + 97
    return total * 97


def f98(value):
    total = value + 98
    return total * 98


def f99(value):
    total = value + 99
    return total * 99


def f100(value):
    total = value + 100
    return total * 100


def f101(value):
    total = value + 101
    return total * 101


def f102(value):
    total = value + 102
    return total * 102


def f103(value):
    total = value + 103
    return total * 103


def f104(value):
    total = value + 104
    return total * 104


def f105(value):
    total = value + 105
    return total * 105


def f106(value):
    total = value + 106
    return total * 106


def f107(value):
    total = value + 107
    return total * 107


def f108(value):
    total = value + 108
    return total * 108


def f109(value):
    total = value + 109
    return total * 109


def f110(value):
    total = value + 110
    return total * 110


def f111(value):
    total = value + 111
    return total * 111


def f112(value):
    total = value + 112
    return total * 112


def f113(value):
    total = value + 113
    return total * 113


def f114(value):
    total = value + 114
    return total * 114


def f115(value):
    total = value + 115
    return total * 115


def f116(value):
    total = value + 116
    return total * 116


def f117(value):
    total = value + 117
    return total * 117


def f118(value):
    total = value + 118
    return total * 118


def f119(value):
    total = value + 119
    return total * 119


def f120(value):
    total = value + 120
    return total * 120


def f121(value):
    total = value + 121
    return total * 121


def f122(value):
    total = value + 122
    return total * 122


def f123(value):
    total = value + 123
    return total * 123


def f124(value):
    total = value + 124
    return total * 124


def f125(value):
    total = value + 125
    return total * 125


def f126(value):
    total = value + 126
    return total * 126


def f127(value):
    total = value + 127
    return total * 127


def f128(value):
    total = value + 128
    return total * 128


def f129(value):
    total = value + 129
    return total * 129


def f130(value):
    total = value + 130
    return total * 130


def f131(value):
    total = value + 131
    return total * 131


def f132(value):
    total = value + 132
    return total * 132


def f133(value):
    total = value + 133
    return total * 133


def f134(value):
    total = value + 134
    return total * 134


def f135(value):
    total = value + 135
    return total * 135


def f136(value):
    total = value + 136
    return total * 136


def f137(value):
    total = value + 137
    return total * 137


def f138(value):
    total = value + 138
    return total * 138


def f139(value):
    total = value + 139
    return total * 139


def f140(value):
    total = value + 140
    return total * 140


def f141(value):
    total = value + 141
    return total * 141


def f142(value):
    total = value + 142
    return total * 142


def f143(value):
    total = value + 143
    return total * 143


def f144(value):
    total = value + 144
    return total * 144


def f145(value):
    total = value + 145
    return total * 145


def f146(value):
    total = value + 146
    return total * 146


def f147(value):
    total = value + 147
    return total * 147


def f148(value):
    total = value + 148
    return total * 148


def f149(value):
    total = value + 149
    return total * 149


def f150(value):
    total = value + 150
    return total * 150


def f151(value):
    total = value + 151
    return total * 151


def f152(value):
    total = value + 152
    return total * 152


def f153(value):
    total = value + 153
    return total * 153


def f154(value):
    total = value + 154
    return total * 154


def f155(value):
    total = value + 155
    return total * 155


def f156(value):
    total = value + 156
    return total * 156


def f157(value):
    total = value + 157
    return total * 157


def f158(value):
    total = value + 158
    return total * 158


def f159(value):
    total = value + 159
    return total * 159


def f160(value):
    total = value + 160
    return total * 160


def f161(value):
    total = value + 161
    return total * 161


def f162(value):
    total = value + 162
    return total * 162


def f163(value):
    total = value + 163
    return total * 163


def f164(value):
    total = value + 164
    return total * 164


def f165(value):
    total = value + 165
    return total * 165


def f166(value):
    total = value + 166
    return total * 166


def f167(value):
    total = value + 167
    return total * 167


def f168(value):
    total = value + 168
    return total * 168


def f169(value):
    total = value + 169
    return total * 169


def f170(value):
    total = value + 170
    return total * 170


def f171(value):
    total = value + 171
    return total * 171


def f172(value):
    total = value + 172
    return total * 172


def f173(value):
    total = value + 173
    return total * 173


def f174(value):
    total = value + 174
    return total * 174


def f175(value):
    total = value + 175
    return total * 175


def f176(value):
    total = value + 176
    return total * 176


def f177(value):
    total = value + 177
    return total * 177


def f178(value):
    total = value + 178
    return total * 178


def f179(value):
    total = value + 179
    return total * 179


def f180(value):
    total = value + 180
    return total * 180


def f181(value):
    total = value + 181
    return total * 181


def f182(value):
    total = value + 182
    return total * 182


def f183(value):
    total = value + 183
    return total * 183


def f184(value):
    total = value + 184
    return total * 184


def f185(value):
    total = value + 185
    return total * 185


def f186(value):
    total = value + 186
    return total * 186


def f187(value):
    total = value + 187
    return total * 187


def f188(value):
    total = value + 188
    return total * 188


def f189(value):
    total = value + 189
    return total * 189


def f190(value):
    total = value + 190
    return total * 190


def f191(value):
    total = value + 191
    return total * 191


def f192(value):
    total = value + 192
    return total * 192


def f193(value):
    total = value + 193
    return total * 193


def f194(value):
    total = value + 194
    return total * 194


def f195(value):
    total = value + 195
    return total * 195


def f196(value):
    total = value + 196
    return total * 196


def f197(value):
    total = value + 197
    return total * 197


def f198(value):
    total = value + 198
    return total * 198


def f199(value):
    total = value + 199
    return total * 199


def f200(value):
    total = value + 200
    return total * 200


def f201(value):
    total = value + 201
    return total * 201


def f202(value):
    total = value + 202
    return total * 202


def f203(value):
    total = value + 203
    return total * 203


def f204(value):
    total = value + 204
    return total * 204


def f205(value):
    total = value + 205
    return total * 205


def f206(value):
    total = value + 206
    return total * 206


def f207(value):
    total = value + 207
    return total * 207


def f208(value):
    total = value + 208
    return total * 208


def f209(value):
    total = value + 209
    return total * 209


def f210(value):
    total = value + 210
    return total * 210


def f211(value):
    total = value + 211
    return total * 211


def f212(value):
    total = value + 212
    return total * 212


def f213(value):
    total = value + 213
    return total * 213


def f214(value):
    total = value + 214
    return total * 214


def f215(value):
    total = value + 215
    return total * 215


def f216(value):
    total = value + 216
    return total * 216


def f217(value):
    total = value + 217
    return total * 217


def f218(value):
    total = value + 218
    return total * 218


def f219(value):
    total = value + 219
    return total * 219


def f220(value):
    total = value + 220
    return total * 220


def f221(value):
    total = value + 221
    return total * 221


def f222(value):
    total = value + 222
    return total * 222


def f223(value):
    total = value + 223
    return total * 223


def f224(value):
    total = value + 224
    return total * 224


def f225(value):
    total = value + 225
    return total * 225


def f226(value):
    total = value + 226
    return total * 226


def f227(value):
    total = value + 227
    return total * 227


def f228(value):
    total = value + 228
    return total * 228


def f229(value):
    total = value + 229
    return total * 229


def f230(value):
    total = value + 230
    return total * 230


def f231(value):
    total = value + 231
    return total * 231


def f232(value):
    total = value + 232
    return total * 232


def f233(value):
    total = value + 233
    return total * 233


def f234(value):
    total = value + 234
    return total * 234


def f235(value):
    total = value + 235
    return total * 235


def f236(value):
    total = value + 236
    return total * 236


def f237(value):
    total = value + 237
    return total * 237


def f238(value):
    total = value + 238
    return total * 238


def f239(value):
    total = value + 239
    return total * 239


def f240(value):
    total = value + 240
    return total * 240


def f241(value):
    total = value + 241
    return total * 241


def f242(value):
    total = value + 242
    return total * 242


def f243(value):
    total = value + 243
    return total * 243


def f244(value):
    total = value + 244
    return total * 244


def f245(value):
    total = value + 245
    return total * 245


def f246(value):
    total = value + 246
    return total * 246


def f247(value):
    total = value + 247
    return total * 247


def f248(value):
    total = value + 248
    return total * 248


def f249(value):
    total = value + 249
    return total * 249


def f250(value):
    total = value + 250
    return total * 250


def f251(value):
    total = value + 251
    return total * 251


def f252(value):
    total = value + 252
    return total * 252


def f253(value):
    total = value + 253
    return total * 253


def f254(value):
    total = value + 254
    return total * 254


def f255(value):
    total = value + 255
    return total * 255


def f256(value):
    total = value + 256
    return total * 256


def f257(value):
    total = value + 257
    return total * 257


def f258(value):
    total = value + 258
    return total * 258


def f259(value):
    total = value + 259
    return total * 259


def f260(value):
    total = value + 260
    return total * 260


def f261(value):
    total = value + 261
    return total * 261


def f262(value):
    total = value + 262
    return total * 262


def f263(value):
    total = value + 263
    return total * 263


def f264(value):
    total = value + 264
    return total * 264


def f265(value):
    total = value + 265
    return total * 265


def f266(value):
    total = value + 266
    return total * 266


def f267(value):
    total = value + 267
    return total * 267


def f268(value):
    total = value + 268
    return total * 268


def f269(value):
    total = value + 269
    return total * 269


def f270(value):
    total = value + 270
    return total * 270


def f271(value):
    total = value + 271
    return total * 271


def f272(value):
    total = value + 272
    return total * 272


def f273(value):
    total = value + 273
    return total * 273


def f274(value):
    total = value + 274
    return total * 274


def f275(value):
    total = value + 275
    return total * 275


def f276(value):
    total = value + 276
    return total * 276


def f277(value):
    total = value + 277
    return total * 277


def f278(value):
    total = value + 278
    return total * 278


def f279(value):
    total = value + 279
    return total * 279


def f280(value):
    total = value + 280
    return total * 280


def f281(value):
    total = value + 281
    return total * 281


def f282(value):
    total = value + 282
    return total * 282


def f283(value):
    total = value + 283
    return total * 283


def f284(value):
    total = value + 284
    return total * 284


def f285(value):
    total = value + 285
    return total * 285


def f286(value):
    total = value + 286
    return total * 286


def f287(value):
    total = value + 287
    return total * 287


def f288(value):
    total = value + 288
    return total * 288


def f289(value):
    total = value + 289
    return total * 289


def f290(value):
    total = value + 290
    return total * 290


def f291(value):
    total = value + 291
    return total * 291


def f292(value):
    total = value + 292
    return total * 292


def f293(value):
    total = value + 293
    return total * 293


def f294(value):
    total = value + 294
    return total * 294


def f295(value):
    total = value + 295
    return total * 295


def f296(value):
    total = value + 296
    return total * 296


def f297(value):
    total = value + 297
    return total * 297


def f298(value):
    total = value + 298
    return total * 298


def f299(value):
    total = value + 299
    return total * 299


def f300(value):
    total = value + 300
    return total * 300


def f301(value):
    total = value + 301
    return total * 301


def f302(value):
    total = value + 302
    return total * 302


def f303(value):
    total = value + 303
    return total * 303


def f304(value):
    total = value + 304
    return total * 304


def f305(value):
    total = value + 305
    return total * 305


def f306(value):
    total = value + 306
    return total * 306


def f307(value):
    total = value + 307
    return total * 307


def f308(value):
    total = value + 308
    return total * 308


def f309(value):
    total = value + 309
    return total * 309


def f310(value):
    total = value + 310
    return total * 310


def f311(value):
    total = value + 311
    return total * 311


def f312(value):
    total = value + 312
    return total * 312


def f313(value):
    total = value + 313
    return total * 313


def f314(value):
    total = value + 314
    return total * 314


def f315(value):
    total = value + 315
    return total * 315


def f316(value):
    total = value + 316
    return total * 316


def f317(value):
    total = value + 317
    return total * 317


def f318(value):
    total = value + 318
    return total * 318


def f319(value):
    total = value + 319
    return total * 319


def f320(value):
    total = value + 320
    return total * 320


def f321(value):
    total = value + 321
    return total * 321


def f322(value):
    total = value + 322
    return total * 322


def f323(value):
    total = value + 323
    return total * 323


def f324(value):
    total = value + 324
    return total * 324


def f325(value):
    total = value + 325
    return total * 325


def f326(value):
    total = value + 326
    return total * 326


def f327(value):
    total = value + 327
    return total * 327


def f328(value):
    total = value + 328
    return total * 328


def f329(value):
    total = value + 329
    return total * 329


def f330(value):
    total = value + 330
    return total * 330


def f331(value):
    total = value + 331
    return total * 331


def f332(value):
    total = value + 332
    return total * 332


def f333(value):
    total = value + 333
    return total * 333


def f334(value):
    total = value + 334
    return total * 334


def f335(value):
    total = value + 335
    return total * 335


def f336(value):
    total = value + 336
    return total * 336


def f337(value):
    total = value + 337
    return total * 337


def f338(value):
    total = value + 338
    return total * 338


def f339(value):
    total = value + 339
    return total * 339


def f340(value):
    total = value + 340
    return total * 340


def f341(value):
    total = value + 341
    return total * 341


def f342(value):
    total = value + 342
    return total * 342


def f343(value):
    total = value + 343
    return total * 343


def f344(value):
    total = value + 344
    return total * 344


def f345(value):
    total = value + 345
    return total * 345


def f346(value):
    total = value + 346
    return total * 346


def f347(value):
    total = value + 347
    return total * 347


def f348(value):
    total = value + 348
    return total * 348


def f349(value):
    total = value + 349
    return total * 349


def f350(value):
    total = value + 350
    return total * 350


def f351(value):
    total = value + 351
    return total * 351


def f352(value):
    total = value + 352
    return total * 352


def f353(value):
    total = value + 353
    return total * 353


def f354(value):
    total = value + 354
    return total * 354


def f355(value):
    total = value + 355
    return total * 355


def f356(value):
    total = value + 356
    return total * 356


def f357(value):
    total = value + 357
    return total * 357


def f358(value):
    total = value + 358
    return total * 358


def f359(value):
    total = value + 359
    return total * 359


def f360(value):
    total = value + 360
    return total * 360


def f361(value):
    total = value + 361
    return total * 361


def f362(value):
    total = value + 362
    return total * 362


def f363(value):
    total = value + 363
    return total * 363


def f364(value):
    total = value + 364
    return total * 364


def f365(value):
    total = value + 365
    return total * 365


def f366(value):
    total = value + 366
    return total * 366


def f367(value):
    total = value + 367
    return total * 367


def f368(value):
    total = value + 368
    return total * 368


def f369(value):
    total = value + 369
    return total * 369


def f370(value):
    total = value + 370
    return total * 370


def f371(value):
    total = value + 371
    return total * 371


def f372(value):
    total = value + 372
    return total * 372


def f373(value):
    total = value + 373
    return total * 373


def f374(value):
    total = value + 374
    return total * 374


def f375(value):
    total = value + 375
    return total * 375


def f376(value):
    total = value + 376
    return total * 376


def f377(value):
    total = value + 377
    return total * 377


def f378(value):
    total = value + 378
    return total * 378


def f379(value):
    total = value + 379
    return total * 379


def f380(value):
    total = value + 380
    return total * 380


def f381(value):
    total = value + 381
    return total * 381


def f382(value):
    total = value + 382
    return total * 382


def f383(value):
    total = value + 383
    return total * 383


def f384(value):
    total = value + 384
    return total * 384


def f385(value):
    total = value + 385
    return total * 385


def f386(value):
    total = value + 386
    return total * 386


def f387(value):
    total = value + 387
    return total * 387


def f388(value):
    total = value + 388
    return total * 388


def f389(value):
    total = value + 389
    return total * 389


def f390(value):
    total = value + 390
    return total * 390


def f391(value):
    total = value + 391
    return total * 391


def f392(value):
    total = value + 392
    return total * 392


def f393(value):
    total = value + 393
    return total * 393


def f394(value):
    total = value + 394
    return total * 394


def f395(value):
    total = value + 395
    return total * 395


def f396(value):
    total = value + 396
    return total * 396


def f397(value):
    total = value + 397
    return total * 397


def f398(value):
    total = value + 398
    return total * 398


def f399(value):
    total = value + 399
    return total * 399


def f400(value):
    total = value + 400
    return total * 400


def f401(value):
    total = value + 401
    return total * 401


def f402(value):
    total = value + 402
    return total * 402


def f403(value):
    total = value + 403
    return total * 403


def f404(value):
    total = value + 404
    return total * 404


def f405(value):
    total = value + 405
    return total * 405


def f406(value):
    total = value + 406
    return total * 406


def f407(value):
    total = value + 407
    return total * 407


def f408(value):
    total = value + 408
    return total * 408


def f409(value):
    total = value + 409
    return total * 409


def f410(value):
    total = value + 410
    return total * 410


def f411(value):
    total = value + 411
    return total * 411


def f412(value):
    total = value + 412
    return total * 412


def f413(value):
    total = value + 413
    return total * 413


def f414(value):
    total = value + 414
    return total * 414


def f415(value):
    total = value + 415
    return total * 415


def f416(value):
    total = value + 416
    return total * 416


def f417(value):
    total = value + 417
    return total * 417


def f418(value):
    total = value + 418
    return total * 418


def f419(value):
    total = value + 419
    return total * 419


def f420(value):
    total = value + 420
    return total * 420


def f421(value):
    total = value + 421
    return total * 421


def f422(value):
    total = value + 422
    return total * 422


def f423(value):
    total = value + 423
    return total * 423


def f424(value):
    total = value + 424
    return total * 424


def f425(value):
    total = value + 425
    return total * 425


def f426(value):
    total = value + 426
    return total * 426


def f427(value):
    total = value + 427
    return total * 427


def f428(value):
    total = value + 428
    return total * 428


def f429(value):
    total = value + 429
    return total * 429


def f430(value):
    total = value + 430
    return total * 430


def f431(value):
    total = value + 431
    return total * 431


def f432(value):
    total = value + 432
    return total * 432


def f433(value):
    total = value + 433
    return total * 433


def f434(value):
    total = value + 434
    return total * 434


def f435(value):
    total = value + 435
    return total * 435


def f436(value):
    total = value + 436
    return total * 436


def f437(value):
    total = value + 437
    return total * 437


def f438(value):
    total = value + 438
    return total * 438


def f439(value):
    total = value + 439
    return total * 439


def f440(value):
    total = value + 440
    return total * 440


def f441(value):
    total = value + 441
    return total * 441


def f442(value):
    total = value + 442
    return total * 442


def f443(value):
    total = value + 443
    return total * 443


def f444(value):
    total = value + 444
    return total * 444


def f445(value):
    total = value + 445
    return total * 445


def f446(value):
    total = value + 446
    return total * 446


def f447(value):
    total = value + 447
    return total * 447


def f448(value):
    total = value + 448
    return total * 448


def f449(value):
    total = value + 449
    return total * 449


def f450(value):
    total = value + 450
    return total * 450


def f451(value):
    total = value + 451
    return total * 451


def f452(value):
    total = value + 452
    return total * 452


def f453(value):
    total = value + 453
    return total * 453


def f454(value):
    total = value + 454
    return total * 454


def f455(value):
    total = value + 455
    return total * 455


def f456(value):
    total = value + 456
    return total * 456


def f457(value):
    total = value + 457
    return total * 457


def f458(value):
    total = value + 458
    return total * 458


def f459(value):
    total = value + 459
    return total * 459


def f460(value):
    total = value + 460
    return total * 460


def f461(value):
    total = value + 461
    return total * 461


def f462(value):
    total = value + 462
    return total * 462


def f463(value):
    total = value + 463
    return total * 463


def f464(value):
    total = value + 464
    return total * 464


def f465(value):
    total = value + 465
    return total * 465


def f466(value):
    total = value + 466
    return total * 466


def f467(value):
    total = value + 467
    return total * 467


def f468(value):
    total = value + 468
    return total * 468


def f469(value):
    total = value + 469
    return total * 469


def f470(value):
    total = value + 470
    return total * 470


def f471(value):
    total = value + 471
    return total * 471


def f472(value):
    total = value + 472
    return total * 472


def f473(value):
    total = value + 473
    return total * 473


def f474(value):
    total = value + 474
    return total * 474


def f475(value):
    total = value + 475
    return total * 475


def f476(value):
    total = value + 476
    return total * 476


def f477(value):
    total = value + 477
    return total * 477


def f478(value):
    total = value + 478
    return total * 478


def f479(value):
    total = value + 479
    return total * 479


def f480(value):
    total = value + 480
    return total * 480


def f481(value):
    total = value + 481
    return total * 481


def f482(value):
    total = value + 482
    return total * 482


def f483(value):
    total = value + 483
    return total * 483


def f484(value):
    total = value + 484
    return total * 484


def f485(value):
    total = value + 485
    return total * 485


def f486(value):
    total = value + 486
    return total * 486


def f487(value):
    total = value + 487
    return total * 487


def f488(value):
    total = value + 488
    return total * 488


def f489(value):
    total = value + 489
    return total * 489


def f490(value):
    total = value + 490
    return total * 490


def f491(value):
    total = value + 491
    return total * 491


def f492(value):
    total = value + 492
    return total * 492


def f493(value):
    total = value + 493
    return total * 493


def f494(value):
    total = value + 494
    return total * 494


def f495(value):
    total = value + 495
    return total * 495


def f496(value):
    total = value + 496
    return total * 496


def f497(value):
    total = value + 497
    return total * 497


def f498(value):
    total = value + 498
    return total * 498


def f499(value):
    total = value + 499
    return total * 499


def f500(value):
    total = value + 500
    return total * 500


def f501(value):
    total = value + 501
    return total * 501


def f502(value):
    total = value + 502
    return total * 502


def f503(value):
    total = value + 503
    return total * 503


def f504(value):
    total = value + 504
    return total * 504


def f505(value):
    total = value + 505
    return total * 505


def f506(value):
    total = value + 506
    return total * 506


def f507(value):
    total = value + 507
    return total * 507


def f508(value):
    total = value + 508
    return total * 508


def f509(value):
    total = value + 509
    return total * 509


def f510(value):
    total = value + 510
    return total * 510


def f511(value):
    total = value + 511
    return total * 511


def f512(value):
    total = value + 512
    return total * 512


def f513(value):
    total = value + 513
    return total * 513


def f514(value):
    total = value + 514
    return total * 514


def f515(value):
    total = value + 515
    return total * 515


def f516(value):
    total = value + 516
    return total * 516


def f517(value):
    total = value + 517
    return total * 517


def f518(value):
    total = value + 518
    return total * 518


def f519(value):
    total = value + 519
    return total * 519


def f520(value):
    total = value + 520
    return total * 520


def f521(value):
    total = value + 521
    return total * 521


def f522(value):
    total = value + 522
    return total * 522


def f523(value):
    total = value + 523
    return total * 523


def f524(value):
    total = value + 524
    return total * 524


def f525(value):
    total = value + 525
    return total * 525


def f526(value):
    total = value + 526
    return total * 526


def f527(value):
    total = value + 527
    return total * 527


def f528(value):
    total = value + 528
    return total * 528


def f529(value):
    total = value + 529
    return total * 529


def f530(value):
    total = value + 530
    return total * 530


def f531(value):
    total = value + 531
    return total * 531


def f532(value):
    total = value + 532
    return total * 532


def f533(value):
    total = value + 533
    return total * 533


def f534(value):
    total = value + 534
    return total * 534


def f535(value):
    total = value + 535
    return total * 535


def f536(value):
    total = value + 536
    return total * 536


def f537(value):
    total = value + 537
    return total * 537


def f538(value):
    total = value + 538
    return total * 538


def f539(value):
    total = value + 539
    return total * 539


def f540(value):
    total = value + 540
    return total * 540


def f541(value):
    total = value + 541
    return total * 541


def f542(value):
    total = value + 542
    return total * 542


def f543(value):
    total = value + 543
    return total * 543


def f544(value):
    total = value + 544
    return total * 544


def f545(value):
    total = value + 545
    return total * 545


def f546(value):
    total = value + 546
    return total * 546


def f547(value):
    total = value + 547
    return total * 547


def f548(value):
    total = value + 548
    return total * 548


def f549(value):
    total = value + 549
    return total * 549


def f550(value):
    total = value + 550
    return total * 550


def f551(value):
    total = value + 551
    return total * 551


def f552(value):
    total = value + 552
    return total * 552


def f553(value):
    total = value + 553
    return total * 553


def f554(value):
    total = value + 554
    return total * 554


def f555(value):
    total = value + 555
    return total * 555


def f556(value):
    total = value + 556
    return total * 556


def f557(value):
    total = value + 557
    return total * 557


def f558(value):
    total = value + 558
    return total * 558


def f559(value):
    total = value + 559
    return total * 559


def f560(value):
    total = value + 560
    return total * 560


def f561(value):
    total = value + 561
    return total * 561


def f562(value):
    total = value + 562
    return total * 562


def f563(value):
    total = value + 563
    return total * 563


def f564(value):
    total = value + 564
    return total * 564


def f565(value):
    total = value + 565
    return total * 565


def f566(value):
    total = value + 566
    return total * 566


def f567(value):
    total = value + 567
    return total * 567


def f568(value):
    total = value + 568
    return total * 568


def f569(value):
    total = value + 569
    return total * 569


def f570(value):
    total = value + 570
    return total * 570


def f571(value):
    total = value + 571
    return total * 571


def f572(value):
    total = value + 572
    return total * 572


def f573(value):
    total = value + 573
    return total * 573


def f574(value):
    total = value + 574
    return total * 574


def f575(value):
    total = value + 575
    return total * 575


def f576(value):
    total = value + 576
    return total * 576


def f577(value):
    total = value + 577
    return total * 577


def f578(value):
    total = value + 578
    return total * 578


def f579(value):
    total = value + 579
    return total * 579


def f580(value):
    total = value + 580
    return total * 580


def f581(value):
    total = value + 581
    return total * 581


def f582(value):
    total = value + 582
    return total * 582


def f583(value):
    total = value + 583
    return total * 583


def f584(value):
    total = value + 584
    return total * 584


def f585(value):
    total = value + 585
    return total * 585


def f586(value):
    total = value + 586
    return total * 586


def f587(value):
    total = value + 587
    return total * 587


def f588(value):
    total = value + 588
    return total * 588


def f589(value):
    total = value + 589
    return total * 589


def f590(value):
    total = value + 590
    return total * 590


def f591(value):
    total = value + 591
    return total * 591


def f592(value):
    total = value + 592
    return total * 592


def f593(value):
    total = value + 593
    return total * 593


def f594(value):
    total = value + 594
    return total * 594


def f595(value):
    total = value + 595
    return total * 595


def f596(value):
    total = value + 596
    return total * 596


def f597(value):
    total = value + 597
    return total * 597


def f598(value):
    total = value + 598
    return total * 598


def f599(value):
    total = value + 599
    return total * 599


def f600(value):
    total = value + 600
    return total * 600


def f601(value):
    total = value + 601
    return total * 601


def f602(value):
    total = value + 602
    return total * 602


def f603(value):
    total = value + 603
    return total * 603


def f604(value):
    total = value + 604
    return total * 604


def f605(value):
    total = value + 605
    return total * 605


def f606(value):
    total = value + 606
    return total * 606


def f607(value):
    total = value + 607
    return total * 607


def f608(value):
    total = value + 608
    return total * 608


def f609(value):
    total = value + 609
    return total * 609


def f610(value):
    total = value + 610
    return total * 610


def f611(value):
    total = value + 611
    return total * 611


def f612(value):
    total = value + 612
    return total * 612


def f613(value):
    total = value + 613
    return total * 613


def f614(value):
    total = value + 614
    return total * 614


def f615(value):
    total = value + 615
    return total * 615


def f616(value):
    total = value + 616
    return total * 616


def f617(value):
    total = value + 617
    return total * 617


def f618(value):
    total = value + 618
    return total * 618


def f619(value):
    total = value + 619
    return total * 619


def f620(value):
    total = value + 620
    return total * 620


def f621(value):
    total = value + 621
    return total * 621


def f622(value):
    total = value + 622
    return total * 622


def f623(value):
    total = value + 623
    return total * 623


def f624(value):
    total = value + 624
    return total * 624


def f625(value):
    total = value + 625
    return total * 625


def f626(value):
    total = value + 626
    return total * 626


def f627(value):
    total = value + 627
    return total * 627


def f628(value):
    total = value + 628
    return total * 628


def f629(value):
    total = value + 629
    return total * 629


def f630(value):
    total = value + 630
    return total * 630


def f631(value):
    total = value + 631
    return total * 631


def f632(value):
    total = value + 632
    return total * 632


def f633(value):
    total = value + 633
    return total * 633


def f634(value):
    total = value + 634
    return total * 634


def f635(value):
    total = value + 635
    return total * 635


def f636(value):
    total = value + 636
    return total * 636


def f637(value):
    total = value + 637
    return total * 637


def f638(value):
    total = value + 638
    return total * 638


def f639(value):
    total = value + 639
    return total * 639


def f640(value):
    total = value + 640
    return total * 640


def f641(value):
    total = value + 641
    return total * 641


def f642(value):
    total = value + 642
    return total * 642


def f643(value):
    total = value + 643
    return total * 643


def f644(value):
    total = value + 644
    return total * 644


def f645(value):
    total = value + 645
    return total * 645


def f646(value):
    total = value + 646
    return total * 646


def f647(value):
    total = value + 647
    return total * 647


def f648(value):
    total = value + 648
    return total * 648


def f649(value):
    total = value + 649
    return total * 649


def f650(value):
    total = value + 650
    return total * 650


def f651(value):
    total = value + 651
    return total * 651


def f652(value):
    total = value + 652
    return total * 652


def f653(value):
    total = value + 653
    return total * 653


def f654(value):
    total = value + 654
    return total * 654


def f655(value):
    total = value + 655
    return total * 655


def f656(value):
    total = value + 656
    return total * 656


def f657(value):
    total = value + 657
    return total * 657


def f658(value):
    total = value + 658
    return total * 658


def f659(value):
    total = value + 659
    return total * 659


def f660(value):
    total = value + 660
    return total * 660


def f661(value):
    total = value + 661
    return total * 661


def f662(value):
    total = value + 662
    return total * 662


def f663(value):
    total = value + 663
    return total * 663


def f664(value):
    total = value + 664
    return total * 664


def f665(value):
    total = value + 665
    return total * 665


def f666(value):
    total = value + 666
    return total * 666


def f667(value):
    total = value + 667
    return total * 667


def f668(value):
    total = value + 668
    return total * 668


def f669(value):
    total = value + 669
    return total * 669


def f670(value):
    total = value + 670
    return total * 670


def f671(value):
    total = value + 671
    return total * 671


def f672(value):
    total = value + 672
    return total * 672


def f673(value):
    total = value + 673
    return total * 673


def f674(value):
    total = value + 674
    return total * 674


def f675(value):
    total = value + 675
    return total * 675


def f676(value):
    total = value + 676
    return total * 676


def f677(value):
    total = value + 677
    return total * 677


def f678(value):
    total = value + 678
    return total * 678


def f679(value):
    total = value + 679
    return total * 679


def f680(value):
    total = value + 680
    return total * 680


def f681(value):
    total = value + 681
    return total * 681


def f682(value):
    total = value + 682
    return total * 682


def f683(value):
    total = value + 683
    return total * 683


def f684(value):
    total = value + 684
    return total * 684


def f685(value):
    total = value + 685
    return total * 685


def f686(value):
    total = value + 686
    return total * 686


def f687(value):
    total = value + 687
    return total * 687


def f688(value):
    total = value + 688
    return total * 688


def f689(value):
    total = value + 689
    return total * 689


def f690(value):
    total = value + 690
    return total * 690


def f691(value):
    total = value + 691
    return total * 691


def f692(value):
    total = value + 692
    return total * 692


def f693(value):
    total = value + 693
    return total * 693


def f694(value):
    total = value + 694
    return total * 694


def f695(value):
    total = value + 695
    return total * 695


def f696(value):
    total = value + 696
    return total * 696


def f697(value):
    total = value + 697
    return total * 697


def f698(value):
    total = value + 698
    return total * 698


def f699(value):
    total = value + 699
    return total * 699


def f700(value):
    total = value + 700
    return total * 700


def f701(value):
    total = value + 701
    return total * 701


def f702(value):
    total = value + 702
    return total * 702


def f703(value):
    total = value + 703
    return total * 703


def f704(value):
    total = value + 704
    return total * 704


def f705(value):
    total = value + 705
    return total * 705


def f706(value):
    total = value + 706
    return total * 706


def f707(value):
    total = value + 707
    return total * 707


def f708(value):
    total = value + 708
    return total * 708


def f709(value):
    total = value + 709
    return total * 709


def f710(value):
    total = value + 710
    return total * 710


def f711(value):
    total = value + 711
    return total * 711


def f712(value):
    total = value + 712
    return total * 712


def f713(value):
    total = value + 713
    return total * 713


def f714(value):
    total = value + 714
    return total * 714


def f715(value):
    total = value + 715
    return total * 715


def f716(value):
    total = value + 716
    return total * 716


def f717(value):
    total = value + 717
    return total * 717


def f718(value):
    total = value + 718
    return total * 718


def f719(value):
    total = value + 719
    return total * 719


def f720(value):
    total = value + 720
    return total * 720


def f721(value):
    total = value + 721
    return total * 721


def f722(value):
    total = value + 722
    return total * 722


def f723(value):
    total = value + 723
    return total * 723


def f724(value):
    total = value + 724
    return total * 724


def f725(value):
    total = value + 725
    return total * 725


def f726(value):
    total = value + 726
    return total * 726


def f727(value):
    total = value + 727
    return total * 727


def f728(value):
    total = value + 728
    return total * 728


def f729(value):
    total = value + 729
    return total * 729


def f730(value):
    total = value + 730
    return total * 730


def f731(value):
    total = value + 731
    return total * 731


def f732(value):
    total = value + 732
    return total * 732


def f733(value):
    total = value + 733
    return total * 733


def f734(value):
    total = value + 734
    return total * 734


def f735(value):
    total = value + 735
    return total * 735


def f736(value):
    total = value + 736
    return total * 736


def f737(value):
    total = value + 737
    return total * 737


def f738(value):
    total = value + 738
    return total * 738


def f739(value):
    total = value + 739
    return total * 739


def f740(value):
    total = value + 740
    return total * 740


def f741(value):
    total = value + 741
    return total * 741


def f742(value):
    total = value + 742
    return total * 742


def f743(value):
    total = value + 743
    return total * 743


def f744(value):
    total = value + 744
    return total * 744


def f745(value):
    total = value + 745
    return total * 745


def f746(value):
    total = value + 746
    return total * 746


def f747(value):
    total = value + 747
    return total * 747


def f748(value):
    total = value + 748
    return total * 748


def f749(value):
    total = value + 749
    return total * 749


def f750(value):
    total = value + 750
    return total * 750


def f751(value):
    total = value + 751
    return total * 751


def f752(value):
    total = value + 752
    return total * 752


def f753(value):
    total = value + 753
    return total * 753


def f754(value):
    total = value + 754
    return total * 754


def f755(value):
    total = value + 755
    return total * 755


def f756(value):
    total = value + 756
    return total * 756


def f757(value):
    total = value + 757
    return total * 757


def f758(value):
    total = value + 758
    return total * 758


def f759(value):
    total = value + 759
    return total * 759


def f760(value):
    total = value + 760
    return total * 760


def f761(value):
    total = value + 761
    return total * 761


def f762(value):
    total = value + 762
    return total * 762


def f763(value):
    total = value + 763
    return total * 763


def f764(value):
    total = value + 764
    return total * 764


def f765(value):
    total = value + 765
    return total * 765


def f766(value):
    total = value + 766
    return total * 766


def f767(value):
    total = value + 767
    return total * 767


def f768(value):
    total = value + 768
    return total * 768


def f769(value):
    total = value + 769
    return total * 769


def f770(value):
    total = value + 770
    return total * 770


def f771(value):
    total = value + 771
    return total * 771


def f772(value):
    total = value + 772
    return total * 772


def f773(value):
    total = value + 773
    return total * 773


def f774(value):
    total = value + 774
    return total * 774


def f775(value):
    total = value + 775
    return total * 775


def f776(value):
    total = value + 776
    return total * 776


def f777(value):
    total = value + 777
    return total * 777


def f778(value):
    total = value + 778
    return total * 778


def f779(value):
    total = value + 779
    return total * 779


def f780(value):
    total = value + 780
    return total * 780


def f781(value):
    total = value + 781
    return total * 781


def f782(value):
    total = value + 782
    return total * 782


def f783(value):
    total = value + 783
    return total * 783


def f784(value):
    total = value + 784
    return total * 784


def f785(value):
    total = value + 785
    return total * 785


def f786(value):
    total = value + 786
    return total * 786


def f787(value):
    total = value + 787
    return total * 787


def f788(value):
    total = value + 788
    return total * 788


def f789(value):
    total = value + 789
    return total * 789


def f790(value):
    total = value + 790
    return total * 790


def f791(value):
    total = value + 791
    return total * 791


def f792(value):
    total = value + 792
    return total * 792


def f793(value):
    total = value + 793
    return total * 793


def f794(value):
    total = value + 794
    return total * 794


def f795(value):
    total = value + 795
    return total * 795


def f796(value):
    total = value + 796
    return total * 796


def f797(value):
    total = value + 797
    return total * 797


def f798(value):
    total = value + 798
    return total * 798


def f799(value):
    total = value + 799
    return total * 799


def f800(value):
    total = value + 800
    return total * 800


def f801(value):
    total = value + 801
    return total * 801


def f802(value):
    total = value + 802
    return total * 802


def f803(value):
    total = value + 803
    return total * 803


def f804(value):
    total = value + 804
    return total * 804


def f805(value):
    total = value + 805
    return total * 805


def f806(value):
    total = value + 806
    return total * 806


def f807(value):
    total = value + 807
    return total * 807


def f808(value):
    total = value + 808
    return total * 808


def f809(value):
    total = value + 809
    return total * 809


def f810(value):
    total = value + 810
    return total * 810


def f811(value):
    total = value + 811
    return total * 811


def f812(value):
    total = value + 812
    return total * 812


def f813(value):
    total = value + 813
    return total * 813


def f814(value):
    total = value + 814
    return total * 814


def f815(value):
    total = value + 815
    return total * 815


def f816(value):
    total = value + 816
    return total * 816


def f817(value):
    total = value + 817
    return total * 817


def f818(value):
    total = value + 818
    return total * 818


def f819(value):
    total = value + 819
    return total * 819


def f820(value):
    total = value + 820
    return total * 820


def f821(value):
    total = value + 821
    return total * 821


def f822(value):
    total = value + 822
    return total * 822


def f823(value):
    total = value + 823
    return total * 823


def f824(value):
    total = value + 824
    return total * 824


def f825(value):
    total = value + 825
    return total * 825


def f826(value):
    total = value + 826
    return total * 826


def f827(value):
    total = value + 827
    return total * 827


def f828(value):
    total = value + 828
    return total * 828


def f829(value):
    total = value + 829
    return total * 829


def f830(value):
    total = value + 830
    return total * 830


def f831(value):
    total = value + 831
    return total * 831


def f832(value):
    total = value + 832
    return total * 832


def f833(value):
    total = value + 833
    return total * 833


def f834(value):
    total = value + 834
    return total * 834


def f835(value):
    total = value + 835
    return total * 835


def f836(value):
    total = value + 836
    return total * 836


def f837(value):
    total = value + 837
    return total * 837


def f838(value):
    total = value + 838
    return total * 838


def f839(value):
    total = value + 839
    return total * 839


def f840(value):
    total = value + 840
    return total * 840


def f841(value):
    total = value + 841
    return total * 841


def f842(value):
    total = value + 842
    return total * 842


def f843(value):
    total = value + 843
    return total * 843


def f844(value):
    total = value + 844
    return total * 844


def f845(value):
    total = value + 845
    return total * 845


def f846(value):
    total = value + 846
    return total * 846


def f847(value):
    total = value + 847
    return total * 847


def f848(value):
    total = value + 848
    return total * 848


def f849(value):
    total = value + 849
    return total * 849


def f850(value):
    total = value + 850
    return total * 850


def f851(value):
    total = value + 851
    return total * 851


def f852(value):
    total = value + 852
    return total * 852


def f853(value):
    total = value + 853
    return total * 853


def f854(value):
    total = value + 854
    return total * 854


def f855(value):
    total = value + 855
    return total * 855


def f856(value):
    total = value + 856
    return total * 856


def f857(value):
    total = value + 857
    return total * 857


def f858(value):
    total = value + 858
    return total * 858


def f859(value):
    total = value + 859
    return total * 859


def f860(value):
    total = value + 860
    return total * 860


def f861(value):
    total = value + 861
    return total * 861


def f862(value):
    total = value + 862
    return total * 862


def f863(value):
    total = value + 863
    return total * 863


def f864(value):
    total = value + 864
    return total * 864


def f865(value):
    total = value + 865
    return total * 865


def f866(value):
    total = value + 866
    return total * 866


def f867(value):
    total = value + 867
    return total * 867


def f868(value):
    total = value + 868
    return total * 868


def f869(value):
    total = value + 869
    return total * 869


def f870(value):
    total = value + 870
    return total * 870


def f871(value):
    total = value + 871
    return total * 871


def f872(value):
    total = value + 872
    return total * 872


def f873(value):
    total = value + 873
    return total * 873


def f874(value):
    total = value + 874
    return total * 874


def f875(value):
    total = value + 875
    return total * 875


def f876(value):
    total = value + 876
    return total * 876


def f877(value):
    total = value + 877
    return total * 877


def f878(value):
    total = value + 878
    return total * 878


def f879(value):
    total = value + 879
    return total * 879


def f880(value):
    total = value + 880
    return total * 880


def f881(value):
    total = value + 881
    return total * 881


def f882(value):
    total = value + 882
    return total * 882


def f883(value):
    total = value + 883
    return total * 883


def f884(value):
    total = value + 884
    return total * 884


def f885(value):
    total = value + 885
    return total * 885


def f886(value):
    total = value + 886
    return total * 886


def f887(value):
    total = value + 887
    return total * 887


def f888(value):
    total = value + 888
    return total * 888


def f889(value):
    total = value + 889
    return total * 889


def f890(value):
    total = value + 890
    return total * 890


def f891(value):
    total = value + 891
    return total * 891


def f892(value):
    total = value + 892
    return total * 892


def f893(value):
    total = value + 893
    return total * 893


def f894(value):
    total = value + 894
    return total * 894


def f895(value):
    total = value + 895
    return total * 895


def f896(value):
    total = value + 896
    return total * 896


def f897(value):
    total = value + 897
    return total * 897


def f898(value):
    total = value + 898
    return total * 898


def f899(value):
    total = value + 899
    return total * 899


def f900(value):
    total = value + 900
    return total * 900


def f901(value):
    total = value + 901
    return total * 901


def f902(value):
    total = value + 902
    return total * 902


def f903(value):
    total = value + 903
    return total * 903


def f904(value):
    total = value + 904
    return total * 904


def f905(value):
    total = value + 905
    return total * 905


def f906(value):
    total = value + 906
    return total * 906


def f907(value):
    total = value + 907
    return total * 907


def f908(value):
    total = value + 908
    return total * 908


def f909(value):
    total = value + 909
    return total * 909


def f910(value):
    total = value + 910
    return total * 910


def f911(value):
    total = value + 911
    return total * 911


def f912(value):
    total = value + 912
    return total * 912


def f913(value):
    total = value + 913
    return total * 913


def f914(value):
    total = value + 914
    return total * 914


def f915(value):
    total = value + 915
    return total * 915


def f916(value):
    total = value + 916
    return total * 916


def f917(value):
    total = value + 917
    return total * 917


def f918(value):
    total = value + 918
    return total * 918


def f919(value):
    total = value + 919
    return total * 919


def f920(value):
    total = value + 920
    return total * 920


def f921(value):
    total = value + 921
    return total * 921


def f922(value):
    total = value + 922
    return total * 922


def f923(value):
    total = value + 923
    return total * 923


def f924(value):
    total = value + 924
    return total * 924


def f925(value):
    total = value + 925
    return total * 925


def f926(value):
    total = value + 926
    return total * 926


def f927(value):
    total = value + 927
    return total * 927


def f928(value):
    total = value + 928
    return total * 928


def f929(value):
    total = value + 929
    return total * 929


def f930(value):
    total = value + 930
    return total * 930


def f931(value):
    total = value + 931
    return total * 931


def f932(value):
    total = value + 932
    return total * 932


def f933(value):
    total = value + 933
    return total * 933


def f934(value):
    total = value + 934
    return total * 934


def f935(value):
    total = value + 935
    return total * 935


def f936(value):
    total = value + 936
    return total * 936


def f937(value):
    total = value + 937
    return total * 937


def f938(value):
    total = value + 938
    return total * 938


def f939(value):
    total = value + 939
    return total * 939


def f940(value):
    total = value + 940
    return total * 940


def f941(value):
    total = value + 941
    return total * 941


def f942(value):
    total = value + 942
    return total * 942


def f943(value):
    total = value + 943
    return total * 943


def f944(value):
    total = value + 944
    return total * 944


def f945(value):
    total = value + 945
    return total * 945


def f946(value):
    total = value + 946
    return total * 946


def f947(value):
    total = value + 947
    return total * 947


def f948(value):
    total = value + 948
    return total * 948


def f949(value):
    total = value + 949
    return total * 949


def f950(value):
    total = value + 950
    return total * 950


def f951(value):
    total = value + 951
    return total * 951


def f952(value):
    total = value + 952
    return total * 952


def f953(value):
    total = value + 953
    return total * 953


def f954(value):
    total = value + 954
    return total * 954


def f955(value):
    total = value + 955
    return total * 955


def f956(value):
    total = value + 956
    return total * 956


def f957(value):
    total = value + 957
    return total * 957


def f958(value):
    total = value + 958
    return total * 958


def f959(value):
    total = value + 959
    return total * 959


def f960(value):
    total = value + 960
    return total * 960


def f961(value):
    total = value + 961
    return total * 961


def f962(value):
    total = value + 962
    return total * 962


def f963(value):
    total = value + 963
    return total * 963


def f964(value):
    total = value + 964
    return total * 964


def f965(value):
    total = value + 965
    return total * 965


def f966(value):
    total = value + 966
    return total * 966


def f967(value):
    total = value + 967
    return total * 967


def f968(value):
    total = value + 968
    return total * 968


def f969(value):
    total = value + 969
    return total * 969


def f970(value):
    total = value + 970
    return total * 970


def f971(value):
    total = value + 971
    return total * 971


def f972(value):
    total = value + 972
    return total * 972


def f973(value):
    total = value + 973
    return total * 973


def f974(value):
    total = value + 974
    return total * 974


def f975(value):
    total = value + 975
    return total * 975


def f976(value):
    total = value + 976
    return total * 976


def f977(value):
    total = value + 977
    return total * 977


def f978(value):
    total = value + 978
    return total * 978


def f979(value):
    total = value + 979
    return total * 979


def f980(value):
    total = value + 980
    return total * 980


def f981(value):
    total = value + 981
    return total * 981


def f982(value):
    total = value + 982
    return total * 982


def f983(value):
    total = value + 983
    return total * 983


def f984(value):
    total = value + 984
    return total * 984


def f985(value):
    total = value + 985
    return total * 985


def f986(value):
    total = value + 986
    return total * 986


def f987(value):
    total = value + 987
    return total * 987


def f988(value):
    total = value + 988
    return total * 988


def f989(value):
    total = value + 989
    return total * 989


def f990(value):
    total = value + 990
    return total * 990


def f991(value):
    total = value + 991
    return total * 991


def f992(value):
    total = value + 992
    return total * 992


def f993(value):
    total = value + 993
    return total * 993


def f994(value):
    total = value + 994
    return total * 994


def f995(value):
    total = value + 995
    return total * 995


def f996(value):
    total = value + 996
    return total * 996


def f997(value):
    total = value + 997
    return total * 997


def f998(value):
    total = value + 998
    return total * 998


def f999(value):
    total = value + 999
    return total * 999


def f1000(value):
    total = value + 1000
    return total * 1000


def f1001(value):
    total = value + 1001
    return total * 1001


def f1002(value):
    total = value + 1002
    return total * 1002


def f1003(value):
    total = value + 1003
    return total * 1003


def f1004(value):
    total = value + 1004
    return total * 1004


def f1005(value):
    total = value + 1005
    return total * 1005


def f1006(value):
    total = value + 1006
    return total * 1006


def f1007(value):
    total = value + 1007
    return total * 1007


def f1008(value):
    total = value + 1008
    return total * 1008


def f1009(value):
    total = value + 1009
    return total * 1009


def f1010(value):
    total = value + 1010
    return total * 1010


def f1011(value):
    total = value + 1011
    return total * 1011


def f1012(value):
    total = value + 1012
    return total * 1012


def f1013(value):
    total = value + 1013
    return total * 1013


def f1014(value):
    total = value + 1014
    return total * 1014


def f1015(value):
    total = value + 1015
    return total * 1015


def f1016(value):
    total = value + 1016
    return total * 1016


def f1017(value):
    total = value + 1017
    return total * 1017


def f1018(value):
    total = value + 1018
    return total * 1018


def f1019(value):
    total = value + 1019
    return total * 1019


def f1020(value):
    total = value + 1020
    return total * 1020


def f1021(value):
    total = value + 1021
    return total * 1021


def f1022(value):
    total = value + 1022
    return total * 1022


def f1023(value):
    total = value + 1023
    return total * 1023


def f1024(value):
    total = value + 1024
    return total * 1024


def f1025(value):
    total = value + 1025
    return total * 1025


def f1026(value):
    total = value + 1026
    return total * 1026


def f1027(value):
    total = value + 1027
    return total * 1027


def f1028(value):
    total = value + 1028
    return total * 1028


def f1029(value):
    total = value + 1029
    return total * 1029


def f1030(value):
    total = value + 1030
    return total * 1030


def f1031(value):
    total = value + 1031
    return total * 1031


def f1032(value):
    total = value + 1032
    return total * 1032


def f1033(value):
    total = value + 1033
    return total * 1033


def f1034(value):
    total = value + 1034
    return total * 1034


def f1035(value):
    total = value + 1035
    return total * 1035


def f1036(value):
    total = value + 1036
    return total * 1036


def f1037(value):
    total = value + 1037
    return total * 1037


def f1038(value):
    total = value + 1038
    return total * 1038


def f1039(value):
    total = value + 1039
    return total * 1039


def f1040(value):
    total = value + 1040
    return total * 1040


def f1041(value):
    total = value + 1041
    return total * 1041


def f1042(value):
    total = value + 1042
    return total * 1042


def f1043(value):
    total = value + 1043
    return total * 1043


def f1044(value):
    total = value + 1044
    return total * 1044


def f1045(value):
    total = value + 1045
    return total * 1045


def f1046(value):
    total = value + 1046
    return total * 1046


def f1047(value):
    total = value + 1047
    return total * 1047


def f1048(value):
    total = value + 1048
    return total * 1048


def f1049(value):
    total = value + 1049
    return total * 1049


def f1050(value):
    total = value + 1050
    return total * 1050


def f1051(value):
    total = value + 1051
    return total * 1051


def f1052(value):
    total = value + 1052
    return total * 1052


def f1053(value):
    total = value + 1053
    return total * 1053


def f1054(value):
    total = value + 1054
    return total * 1054


def f1055(value):
    total = value + 1055
    return total * 1055


def f1056(value):
    total = value + 1056
    return total * 1056


def f1057(value):
    total = value + 1057
    return total * 1057


def f1058(value):
    total = value + 1058
    return total * 1058


def f1059(value):
    total = value + 1059
    return total * 1059


def f1060(value):
    total = value + 1060
    return total * 1060


def f1061(value):
    total = value + 1061
    return total * 1061


def f1062(value):
    total = value + 1062
    return total * 1062


def f1063(value):
    total = value + 1063
    return total * 1063


def f1064(value):
    total = value + 1064
    return total * 1064


def f1065(value):
    total = value + 1065
    return total * 1065


def f1066(value):
    total = value + 1066
    return total * 1066


def f1067(value):
    total = value + 1067
    return total * 1067


def f1068(value):
    total = value + 1068
    return total * 1068


def f1069(value):
    total = value + 1069
    return total * 1069


def f1070(value):
    total = value + 1070
    return total * 1070


def f1071(value):
    total = value + 1071
    return total * 1071


def f1072(value):
    total = value + 1072
    return total * 1072


def f1073(value):
    total = value + 1073
    return total * 1073


def f1074(value):
    total = value + 1074
    return total * 1074


def f1075(value):
    total = value + 1075
    return total * 1075


def f1076(value):
    total = value + 1076
    return total * 1076


def f1077(value):
    total = value + 1077
    return total * 1077


def f1078(value):
    total = value + 1078
    return total * 1078


def f1079(value):
    total = value + 1079
    return total * 1079


def f1080(value):
    total = value + 1080
    return total * 1080


def f1081(value):
    total = value + 1081
    return total * 1081


def f1082(value):
    total = value + 1082
    return total * 1082


def f1083(value):
    total = value + 1083
    return total * 1083


def f1084(value):
    total = value + 1084
    return total * 1084


def f1085(value):
    total = value + 1085
    return total * 1085


def f1086(value):
    total = value + 1086
    return total * 1086


def f1087(value):
    total = value + 1087
    return total * 1087


def f1088(value):
    total = value + 1088
    return total * 1088


def f1089(value):
    total = value + 1089
    return total * 1089


def f1090(value):
    total = value + 1090
    return total * 1090


def f1091(value):
    total = value + 1091
    return total * 1091


def f1092(value):
    total = value + 1092
    return total * 1092


def f1093(value):
    total = value + 1093
    return total * 1093


def f1094(value):
    total = value + 1094
    return total * 1094


def f1095(value):
    total = value + 1095
    return total * 1095


def f1096(value):
    total = value + 1096
    return total * 1096


def f1097(value):
    total = value + 1097
    return total * 1097


def f1098(value):
    total = value + 1098
    return total * 1098


def f1099(value):
    total = value + 1099
    return total * 1099


def f1100(value):
    total = value + 1100
    return total * 1100


def f1101(value):
    total = value + 1101
    return total * 1101


def f1102(value):
    total = value + 1102
    return total * 1102


def f1103(value):
    total = value + 1103
    return total * 1103


def f1104(value):
    total = value + 1104
    return total * 1104


def f1105(value):
    total = value + 1105
    return total * 1105


def f1106(value):
    total = value + 1106
    return total * 1106


def f1107(value):
    total = value + 1107
    return total * 1107


def f1108(value):
    total = value + 1108
    return total * 1108


def f1109(value):
    total = value + 1109
    return total * 1109


def f1110(value):
    total = value + 1110
    return total * 1110


def f1111(value):
    total = value + 1111
    return total * 1111


def f1112(value):
    total = value + 1112
    return total * 1112


def f1113(value):
    total = value + 1113
    return total * 1113


def f1114(value):
    total = value + 1114
    return total * 1114


def f1115(value):
    total = value + 1115
    return total * 1115


def f1116(value):
    total = value + 1116
    return total * 1116


def f1117(value):
    total = value + 1117
    return total * 1117


def f1118(value):
    total = value + 1118
    return total * 1118


def f1119(value):
    total = value + 1119
    return total * 1119


def f1120(value):
    total = value + 1120
    return total * 1120


def f1121(value):
    total = value + 1121
    return total * 1121


def f1122(value):
    total = value + 1122
    return total * 1122


def f1123(value):
    total = value + 1123
    return total * 1123


def f1124(value):
    total = value + 1124
    return total * 1124


def f1125(value):
    total = value + 1125
    return total * 1125


def f1126(value):
    total = value + 1126
    return total * 1126


def f1127(value):
    total = value + 1127
    return total * 1127


def f1128(value):
    total = value + 1128
    return total * 1128


def f1129(value):
    total = value + 1129
    return total * 1129


def f1130(value):
    total = value + 1130
    return total * 1130


def f1131(value):
    total = value + 1131
    return total * 1131


def f1132(value):
    total = value + 1132
    return total * 1132


def f1133(value):
    total = value + 1133
    return total * 1133


def f1134(value):
    total = value + 1134
    return total * 1134


def f1135(value):
    total = value + 1135
    return total * 1135


def f1136(value):
    total = value + 1136
    return total * 1136


def f1137(value):
    total = value + 1137
    return total * 1137


def f1138(value):
    total = value + 1138
    return total * 1138


def f1139(value):
    total = value + 1139
    return total * 1139


def f1140(value):
    total = value + 1140
    return total * 1140


def f1141(value):
    total = value + 1141
    return total * 1141


def f1142(value):
    total = value + 1142
    return total * 1142


def f1143(value):
    total = value + 1143
    return total * 1143


def f1144(value):
    total = value + 1144
    return total * 1144


def f1145(value):
    total = value + 1145
    return total * 1145


def f1146(value):
    total = value + 1146
    return total * 1146


def f1147(value):
    total = value + 1147
    return total * 1147


def f1148(value):
    total = value + 1148
    return total * 1148


def f1149(value):
    total = value + 1149
    return total * 1149


def f1150(value):
    total = value + 1150
    return total * 1150


def f1151(value):
    total = value + 1151
    return total * 1151


def f1152(value):
    total = value + 1152
    return total * 1152


def f1153(value):
    total = value + 1153
    return total * 1153


def f1154(value):
    total = value + 1154
    return total * 1154


def f1155(value):
    total = value + 1155
    return total * 1155


def f1156(value):
    total = value + 1156
    return total * 1156


def f1157(value):
    total = value + 1157
    return total * 1157


def f1158(value):
    total = value + 1158
    return total * 1158


def f1159(value):
    total = value + 1159
    return total * 1159


def f1160(value):
    total = value + 1160
    return total * 1160


def f1161(value):
    total = value + 1161
    return total * 1161


def f1162(value):
    total = value + 1162
    return total * 1162


def f1163(value):
    total = value + 1163
    return total * 1163


def f1164(value):
    total = value + 1164
    return total * 1164


def f1165(value):
    total = value + 1165
    return total * 1165


def f1166(value):
    total = value + 1166
    return total * 1166


def f1167(value):
    total = value + 1167
    return total * 1167


def f1168(value):
    total = value + 1168
    return total * 1168


def f1169(value):
    total = value + 1169
    return total * 1169


def f1170(value):
    total = value + 1170
    return total * 1170


def f1171(value):
    total = value + 1171
    return total * 1171


def f1172(value):
    total = value + 1172
    return total * 1172


def f1173(value):
    total = value + 1173
    return total * 1173


def f1174(value):
    total = value + 1174
    return total * 1174


def f1175(value):
    total = value + 1175
    return total * 1175


def f1176(value):
    total = value + 1176
    return total * 1176


def f1177(value):
    total = value + 1177
    return total * 1177


def f1178(value):
    total = value + 1178
    return total * 1178


def f1179(value):
    total = value + 1179
    return total * 1179


def f1180(value):
    total = value + 1180
    return total * 1180


def f1181(value):
    total = value + 1181
    return total * 1181


def f1182(value):
    total = value + 1182
    return total * 1182


def f1183(value):
    total = value + 1183
    return total * 1183


def f1184(value):
    total = value + 1184
    return total * 1184


def f1185(value):
    total = value + 1185
    return total * 1185


def f1186(value):
    total = value + 1186
    return total * 1186


def f1187(value):
    total = value + 1187
    return total * 1187


def f1188(value):
    total = value + 1188
    return total * 1188


def f1189(value):
    total = value + 1189
    return total * 1189


def f1190(value):
    total = value + 1190
    return total * 1190


def f1191(value):
    total = value + 1191
    return total * 1191


def f1192(value):
    total = value + 1192
    return total * 1192


def f1193(value):
    total = value + 1193
    return total * 1193


def f1194(value):
    total = value + 1194
    return total * 1194


def f1195(value):
    total = value + 1195
    return total * 1195


def f1196(value):
    total = value + 1196
    return total * 1196


def f1197(value):
    total = value + 1197
    return total * 1197


def f1198(value):
    total = value + 1198
    return total * 1198


def f1199(value):
    total = value + 1199
    return total * 1199


def f1200(value):
    total = value + 1200
    return total * 1200


def f1201(value):
    total = value + 1201
    return total * 1201


def f1202(value):
    total = value + 1202
    return total * 1202


def f1203(value):
    total = value + 1203
    return total * 1203


def f1204(value):
    total = value + 1204
    return total * 1204


def f1205(value):
    total = value + 1205
    return total * 1205


def f1206(value):
    total = value + 1206
    return total * 1206


def f1207(value):
    total = value + 1207
    return total * 1207


def f1208(value):
    total = value + 1208
    return total * 1208


def f1209(value):
    total = value + 1209
    return total * 1209


def f1210(value):
    total = value + 1210
    return total * 1210


def f1211(value):
    total = value + 1211
    return total * 1211


def f1212(value):
    total = value + 1212
    return total * 1212


def f1213(value):
    total = value + 1213
    return total * 1213


def f1214(value):
    total = value + 1214
    return total * 1214


def f1215(value):
    total = value + 1215
    return total * 1215


def f1216(value):
    total = value + 1216
    return total * 1216


def f1217(value):
    total = value + 1217
    return total * 1217


def f1218(value):
    total = value + 1218
    return total * 1218


def f1219(value):
    total = value + 1219
    return total * 1219


def f1220(value):
    total = value + 1220
    return total * 1220


def f1221(value):
    total = value + 1221
    return total * 1221


def f1222(value):
    total = value + 1222
    return total * 1222


def f1223(value):
    total = value + 1223
    return total * 1223


def f1224(value):
    total = value + 1224
    return total * 1224


def f1225(value):
    total = value + 1225
    return total * 1225


def f1226(value):
    total = value + 1226
    return total * 1226


def f1227(value):
    total = value + 1227
    return total * 1227


def f1228(value):
    total = value + 1228
    return total * 1228


def f1229(value):
    total = value + 1229
    return total * 1229


def f1230(value):
    total = value + 1230
    return total * 1230


def f1231(value):
    total = value + 1231
    return total * 1231


def f1232(value):
    total = value + 1232
    return total * 1232


def f1233(value):
    total = value + 1233
    return total * 1233


def f1234(value):
    total = value + 1234
    return total * 1234


def f1235(value):
    total = value + 1235
    return total * 1235


def f1236(value):
    total = value + 1236
    return total * 1236


def f1237(value):
    total = value + 1237
    return total * 1237


def f1238(value):
    total = value + 1238
    return total * 1238


def f1239(value):
    total = value + 1239
    return total * 1239


def f1240(value):
    total = value + 1240
    return total * 1240


def f1241(value):
    total = value + 1241
    return total * 1241


def f1242(value):
    total = value + 1242
    return total * 1242


def f1243(value):
    total = value + 1243
    return total * 1243


def f1244(value):
    total = value + 1244
    return total * 1244


def f1245(value):
    total = value + 1245
    return total * 1245


def f1246(value):
    total = value + 1246
    return total * 1246


def f1247(value):
    total = value + 1247
    return total * 1247


def f1248(value):
    total = value + 1248
    return total * 1248


def f1249(value):
    total = value + 1249
    return total * 1249


def f1250(value):
    total = value + 1250
    return total * 1250


def f1251(value):
    total = value + 1251
    return total * 1251


def f1252(value):
    total = value + 1252
    return total * 1252


def f1253(value):
    total = value + 1253
    return total * 1253


def f1254(value):
    total = value + 1254
    return total * 1254


def f1255(value):
    total = value + 1255
    return total * 1255


def f1256(value):
    total = value + 1256
    return total * 1256


def f1257(value):
    total = value + 1257
    return total * 1257


def f1258(value):
    total = value + 1258
    return total * 1258


def f1259(value):
    total = value + 1259
    return total * 1259


def f1260(value):
    total = value + 1260
    return total * 1260


def f1261(value):
    total = value + 1261
    return total * 1261


def f1262(value):
    total = value + 1262
    return total * 1262


def f1263(value):
    total = value + 1263
    return total * 1263


def f1264(value):
    total = value + 1264
    return total * 1264


def f1265(value):
    total = value + 1265
    return total * 1265


def f1266(value):
    total = value + 1266
    return total * 1266


def f1267(value):
    total = value + 1267
    return total * 1267


def f1268(value):
    total = value + 1268
    return total * 1268


def f1269(value):
    total = value + 1269
    return total * 1269


def f1270(value):
    total = value + 1270
    return total * 1270


def f1271(value):
    total = value + 1271
    return total * 1271


def f1272(value):
    total = value + 1272
    return total * 1272


def f1273(value):
    total = value + 1273
    return total * 1273


def f1274(value):
    total = value + 1274
    return total * 1274


def f1275(value):
    total = value + 1275
    return total * 1275


def f1276(value):
    total = value + 1276
    return total * 1276


def f1277(value):
    total = value + 1277
    return total * 1277


def f1278(value):
    total = value + 1278
    return total * 1278


def f1279(value):
    total = value + 1279
    return total * 1279


def f1280(value):
    total = value + 1280
    return total * 1280


def f1281(value):
    total = value + 1281
    return total * 1281


def f1282(value):
    total = value + 1282
    return total * 1282


def f1283(value):
    total = value + 1283
    return total * 1283


def f1284(value):
    total = value + 1284
    return total * 1284


def f1285(value):
    total = value + 1285
    return total * 1285


def f1286(value):
    total = value + 1286
    return total * 1286


def f1287(value):
    total = value + 1287
    return total * 1287


def f1288(value):
    total = value + 1288
    return total * 1288


def f1289(value):
    total = value + 1289
    return total * 1289


def f1290(value):
    total = value + 1290
    return total * 1290


def f1291(value):
    total = value + 1291
    return total * 1291


def f1292(value):
    total = value + 1292
    return total * 1292


def f1293(value):
    total = value + 1293
    return total * 1293


def f1294(value):
    total = value + 1294
    return total * 1294


def f1295(value):
    total = value + 1295
    return total * 1295


def f1296(value):
    total = value + 1296
    return total * 1296


def f1297(value):
    total = value + 1297
    return total * 1297


def f1298(value):
    total = value + 1298
    return total * 1298


def f1299(value):
    total = value + 1299
    return total * 1299


