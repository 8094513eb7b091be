"""Takes the way of the class a question belongs to."""

from .node import QuestionClassifier as QuestionClassifier
