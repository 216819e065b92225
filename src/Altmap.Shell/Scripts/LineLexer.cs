using System.Collections.Immutable;
using System.Text;

namespace Altmap.Shell.Scripts;

/// <summary>
/// Takes one command line apart as a POSIX shell would (XCU 2.2 quoting, 2.3 tokens, 2.7 redirection), and refuses all that a shell
/// would expand or chain: what is refused here would otherwise be run with another meaning than on the real machine.
/// </summary>
internal sealed class LineLexer(string text)
{
    private static readonly string[] ReservedWords =
    [
        "if",
        "then",
        "else",
        "elif",
        "fi",
        "for",
        "while",
        "until",
        "do",
        "done",
        "case",
        "esac",
        "function",
        "select",
        "{",
        "}",
        "!",
        "[[",
    ];

    private readonly ImmutableArray<string>.Builder _words = ImmutableArray.CreateBuilder<string>();
    private readonly StringBuilder _word = new();
    private bool _inWord; // also true for an empty quoted word
    private bool _wordQuoted;
    private bool _redirecting; // the word being read is the path after '>'
    private int _at;

    /// <summary>What a line holds: words and a redirection, or an error at a column (from 1). No words and no redirection: blank or
    /// comment.</summary>
    internal readonly record struct Result(ImmutableArray<string> Words, string? RedirectTo, string? Error, int Column)
    {
        /// <summary>Where a comment begins, or the length of the line.</summary>
        public int End { get; init; }
    }

    private string? _redirectTo;
    private string? _error;
    private int _errorColumn;

    public Result Read()
    {
        while (_at < text.Length && _error is null)
        {
            var c = text[_at];
            if (c is ' ' or '\t' or '\n')
                EndWord();
            else if (c == '#' && !_inWord)
                break;
            else
                Take(c);
            _at++;
        }
        EndWord();
        if (_redirecting)
            Fail("a path is expected after >");
        return new Result(_words.ToImmutable(), _redirectTo, _error, _errorColumn) { End = Math.Min(_at, text.Length) };
    }

    private void Take(char c)
    {
        switch (c)
        {
            case '\'':
                TakeSingleQuoted();
                break;
            case '"':
                TakeDoubleQuoted();
                break;
            case '\\':
                TakeEscaped();
                break;
            case '>':
                TakeRedirection();
                break;
            case '|':
                Fail("pipes and || are not supported: one command a line");
                break;
            case '&':
                Fail("& and && are not supported: one command a line");
                break;
            case ';':
                Fail("; is not supported: one command a line");
                break;
            case '<':
                Fail("reading from a file (<) is not supported");
                break;
            case '(' or ')':
                Fail("subshells and functions are not supported: one command a line");
                break;
            case '`':
                Fail("command substitution (`…`) is not supported");
                break;
            case '$' when IsExpansion():
                Fail("variables and $(…) are not supported; quote with ' for a plain $");
                break;
            case '*' or '?' or '[':
                TakePattern(c);
                break;
            case '~' when !_inWord:
                Fail("~ is not supported: write the path out");
                break;
            case '\0':
                Fail("a NUL character");
                break;
            case '=' when IsAssignment():
                Fail("variables (NAME=value) are not supported");
                break;
            default:
                Append(c);
                break;
        }
    }

    private void Append(char c)
    {
        _inWord = true;
        _word.Append(c);
    }

    /// <summary>A pattern that no file matches stays as it is, and the model has no relative paths. Below / it might match, and is
    /// refused.</summary>
    private void TakePattern(char c)
    {
        if (_word.Length > 0 ? _word[0] == '/' : _redirecting)
            Fail($"patterns ({c}) are not supported; name the files, or quote with '");
        else
            Append(c);
    }

    private void TakeSingleQuoted()
    {
        var end = text.IndexOf('\'', _at + 1);
        if (end < 0)
        {
            Fail("a closing ' is expected");
            return;
        }
        _inWord = _wordQuoted = true;
        _word.Append(text, _at + 1, end - _at - 1);
        _at = end;
    }

    private void TakeDoubleQuoted()
    {
        var open = _at;
        _inWord = _wordQuoted = true;
        for (_at++; _at < text.Length; _at++)
        {
            var c = text[_at];
            if (c == '"')
                return;
            if (c == '`' || (c == '$' && IsExpansion()))
            {
                Fail("variables and command substitution are not supported; quote with '");
                return;
            }
            if (c == '\\' && _at + 1 < text.Length && text[_at + 1] is '$' or '`' or '"' or '\\')
                c = text[++_at];
            _word.Append(c);
        }
        _at = open;
        Fail("a closing \" is expected");
    }

    private void TakeEscaped()
    {
        if (_at + 1 >= text.Length)
        {
            Fail("a character is expected after \\");
            return;
        }
        _wordQuoted = true;
        Append(text[++_at]);
    }

    private void TakeRedirection()
    {
        // Digits that touch the '>' are a file descriptor: "echo 1>f" writes an empty line.
        if (_inWord && !_wordQuoted && _word.Length > 0 && _word.ToString().All(char.IsAsciiDigit))
        {
            if (_word.ToString().TrimStart('0') != "1")
            {
                Fail($"only standard output can be redirected, not descriptor {_word}");
                return;
            }
            _word.Clear();
            _inWord = false;
        }
        EndWord();
        if (_redirecting || _redirectTo is not null)
            Fail(_redirecting && text[_at - 1] == '>' ? "appending (>>) is not supported: write with >" : "one redirection only");
        else if (_at + 1 < text.Length && text[_at + 1] is '&' or '|')
            Fail(">& and >| are not supported: a path is expected after >");
        _redirecting = true;
    }

    private bool IsExpansion() =>
        _at + 1 < text.Length
        && (
            char.IsAsciiLetterOrDigit(text[_at + 1]) || text[_at + 1] is '_' or '{' or '(' or '@' or '*' or '#' or '?' or '-' or '$' or '!'
        );

    private bool IsAssignment() =>
        _words.Count == 0
        && !_redirecting
        && !_wordQuoted
        && _word.Length > 0
        && !char.IsAsciiDigit(_word[0])
        && _word.ToString().All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private void EndWord()
    {
        if (!_inWord)
            return;
        var word = _word.ToString();
        if (_redirecting)
        {
            _redirectTo = word;
            _redirecting = false;
        }
        else
        {
            if (_words.Count == 0 && !_wordQuoted && ReservedWords.Contains(word))
                Fail($"{word} is not supported: one command a line");
            _words.Add(word);
        }
        _word.Clear();
        _inWord = _wordQuoted = false;
    }

    private void Fail(string message)
    {
        if (_error is not null)
            return;
        _error = message;
        _errorColumn = Math.Min(_at, text.Length) + 1;
        _redirecting = false;
    }
}
