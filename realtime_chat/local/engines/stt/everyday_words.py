"""Words that turn up in any talk. What they explain better than the brain's own sentences was not one of these."""

_TEXT = """
a about after all also am an and any are as at back be because been big black blue book boy
brother but buy by call can car child children city close come could day did do doctor door
eight email even evening father find first five food for four friend from get girl give go good
green had happy has have he hello her him his home house how i if in into is it its just keep
kitchen know leave left let light lights like live long look lost love make man me message money
month morning most mother music my need new news night nine no not now of okay old on one only
open or other our out over people phone play please put rain read red right road room say school
see send set seven she short show sister six small so some sorry start stop story street take
tell ten than thanks that the their them then there these they think this three time to today
tomorrow town turn two up us use want was water way we weather week well were what when where
which white who why will with woman work world would write year yes yesterday you young your
"""
EVERYDAY_WORDS = frozenset(_TEXT.split())
