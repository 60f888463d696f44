"""Words that turn up in any talk. What they explain better than the brain's own sentences was not one of these."""

_TEXT = """
a about after again airport all also always am an and another any are around as ask at away back be
became because been before begin being below between big black blue book both boy boys brother but
buy by call came can car case change check child children city clear close cold come could country
cut dark day did different distance do doctor does door down draw each early earth easy eight email
end enough even evening every eyes face fact fall far fast father feel few find fine fire first fish
five flight fly follow food foot for form four friend from full game garage gave get girl give glass
go gold gone good great green ground group grow had half hand happy hard has have he head hear heard
heart heat hello help her here high him his history hold home hot hour house how hundred i idea if
in inside into is island it its joke jump just keep kind kitchen knew know land large last late
later laugh learn least leave left less let letter life light lights like line listen live long look
lost love main make man many map mark may me mean meet message met might mile mind minute miss money
month moon more morning most mother move much music must my name near need never new news newspaper
next night nine no noon north not nothing now number of often okay old on once one only open or
order other our out over own page paper park part party pass past pay people phone picture piece
place plan plant play please point president problem pull put question quick rain read ready real
red remember rest right river road rock room run sad said same sat saw say school science sea second
see seem seen send sentence serve set seven several she ship shop short should show side simple
since sing sister sit six sky sleep slow small snow so some soon sorry sound south speak special
spell spring stand star start stay step still stood stop story street strong such summer sun sure
table take talk taxi teach team tell ten test than thanks that the their them then there these they
thing think this though thought three through ticket till time to today together told tomorrow top
toward town train travel tree true try turn turned two under until up us use usual very voice wait
walk want war warm warn was wash watch water way we weather week weight well went were west what
when where which while white who whole why will wind window winter wish with without woman wonder
wood word work world worry would write year yes yesterday yet you young your
"""
EVERYDAY_WORDS = frozenset(_TEXT.split())
