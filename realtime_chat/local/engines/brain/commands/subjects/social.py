"""Greetings, thanks, and what this brain is."""

from realtime_chat.local.engines.brain.commands.command import Command, answering

ABILITIES = (
    "I can do sums, tell the time and the date, set timers, keep notes and lists, list and read files of the "
    "workspace, and say what you asked before."
)
CONNECT = "To talk freely, connect a model: set OPENAI_API_KEY or use --url."

COMMANDS = (
    Command(
        name="help",
        sentences=(
            "what can you do [for me]",
            "what can i (say|ask) [you]",
            "help me",
            "what do you understand",
        ),
        typed=("help", "[show] commands", "how (can you help|do i use you|does this work)"),
        act=answering(f"{ABILITIES} Ask, for example: what is twelve times seven? {CONNECT}"),
    ),
    Command(
        name="identity",
        sentences=("(who|what) are you", "are you a (person|robot|human|language model)"),
        typed=("are you (real|human|an ai|a model|gpt|chatgpt|alive)", "what is your name"),
        act=answering(
            "I am the built-in assistant: a program of fixed commands, not a language model. "
            f"{ABILITIES} {CONNECT}"
        ),
    ),
    Command(
        name="connect",
        sentences=("how (can|do) i connect a model",),
        typed=("how (can|do) i (use|connect|get) (openai|a real model|a model|gpt|gemini|a language model)",),
        act=answering(CONNECT),
    ),
    Command(
        name="greeting",
        sentences=("(hello|hey) [there]", "good (morning|afternoon|evening)"),
        typed=("hi [there]", "(hello|hi|hey) (computer|assistant)"),
        act=answering("Hello. What can I do for you?"),
    ),
    Command(
        name="well_being",
        sentences=("how are you [today|doing]",),
        act=answering("I am ready. What can I do for you?"),
    ),
    Command(
        name="thanks",
        sentences=("thank you [very much]", "thanks a lot"),
        typed=("thanks", "thx", "many thanks"),
        act=answering("You are welcome."),
    ),
    Command(
        name="goodbye",
        sentences=("good bye", "see you (later|tomorrow)", "good night"),
        typed=("goodbye", "bye [bye]"),
        act=answering("Good bye."),
    ),
    Command(
        name="never_mind",
        sentences=("never mind", "forget it", "stop", "be quiet", "okay"),
        typed=("nevermind", "nothing", "(stop it|stop talking|ok|quiet)"),
        act=answering("All right."),
    ),
)
